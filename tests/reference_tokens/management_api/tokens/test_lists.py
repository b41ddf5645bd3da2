"""Lists of tokens by program (contract 5)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, UserFactory, alter, issued_pat, issued_sat, rotated
from tests.reference_tokens.management_api.many import copies, listed, pages
from trusted_apps.models import AccessTokensPolicy, TrustedApplication

pytestmark = pytest.mark.django_db
MEMBERS = {
    *("id", "kind", "application", "application_name", "description", "scopes", "issued_at", "expires_at"),
    *("last_used_at", "username", "status", "holder", "issuer", "hint", "revoked_at", "revocation_reason"),
    *("suspended_at", "replaces", "replaced_by", "outside_policy", "exposed_at"),
}


@pytest.fixture
def ada() -> User:
    return UserFactory.create(username="ada")


@pytest.fixture
def application() -> TrustedApplication:
    return ApplicationFactory.create(application_uri="com.example/excel", with_system_user=True)


def test_a_token_has_the_members_of_the_contract(
    administrators_program: Any, ada: User, application: TrustedApplication
) -> None:
    issued = issued_pat(ada, application, description="Report")
    answer = administrators_program.get("/tokens?owner=ada")
    (told,) = answer.json()["items"]
    assert told.keys() == MEMBERS
    token = ReferenceToken.objects.get(pk=issued.token.pk)
    assert told == told | {
        "id": str(token.pk),
        "kind": "PAT",
        "application": "com.example/excel",
        "application_name": application.name,
        "description": "Report",
        "scopes": ["read"],
        "username": "ada",
        "holder": str(ada.pk),
        "issuer": None,
        "hint": token.hint,
        "status": "active",
        "outside_policy": [],
        "revoked_at": None,
        "revocation_reason": None,
    }
    assert told["expires_at"].endswith("Z")
    assert issued.plaintext not in answer.text
    assert bytes(token.digest).hex() not in answer.text


def test_pol6_pol7_what_has_ended_or_is_outside_policy_says_so(
    administrators_program: Any, ada: User, application: TrustedApplication
) -> None:
    old = issued_pat(ada, application, scopes=["read", "update"]).token
    new = rotated(old).token
    revoke_token(actor=OPERATOR, token_id=old.pk, now=timezone.now(), reason="Left")
    application.scopes, application.access_tokens_policy = ("read",), AccessTokensPolicy.NONE
    application.save()
    (ended,) = administrators_program.get("/tokens?state=ended").json()["items"]
    assert (ended["status"], ended["revocation_reason"]) == ("revoked", "Left")
    assert (ended["scopes"], ended["replaced_by"]) == (["read"], str(new.pk))
    (live,) = administrators_program.get("/tokens?outside=scopes").json()["items"]
    assert (live["id"], live["replaces"], live["outside_policy"]) == (str(new.pk), str(old.pk), ["policy", "scopes"])


def test_a_sat_without_a_holder_is_told_too(administrators_program: Any, application: TrustedApplication) -> None:
    issued_sat(application)
    application.system_user = None
    application.save()
    (told,) = administrators_program.get("/tokens?kind=SAT").json()["items"]
    assert (told["holder"], told["username"], told["status"]) == (None, None, "holder_inactive")


def test_the_filters_of_the_inventory_narrow_the_list(
    administrators_program: Any, ada: User, application: TrustedApplication
) -> None:
    pat, sat = issued_pat(ada, application, description="Report").token, issued_sat(application).token
    alter(pat, last_used_at=timezone.now())
    for query, found in {
        "kind=PAT&application=com.example/excel": {pat},
        "application=com.example/excel&state=never_used": {sat},
        "q=report": {pat},
        "owner=nobody": set(),
        "expires_within=31&owner=ada&sort=expiry": {pat},
        "no_expiry=true": set(),
        "issued_before=2020-01-01": set(),
        "application=com.example/excel&sort=used": {pat, sat},
    }.items():
        assert set(listed(administrators_program, f"/tokens?{query}")) == {str(token.pk) for token in found}, query


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("state=gone", "state"),
        ("unused=0", "unused"),
        ("q=enrt_1234567", "q"),
        ("owner=%00", "owner"),
        ("sort=expiry&state=ended", "sort"),
        ("sort=name", "sort"),
        ("limit=201", "limit"),
        ("colour=red", "colour"),
        ("after=x", "after"),
        ("after=7.1.8f2b8b5e9d9b4f0aa0a4c7f0d1f0c0de", "after"),
        ("issued_before=tomorrow", "issued_before"),
    ],
)
def test_what_is_no_filter_is_422_with_its_name(administrators_program: Any, query: str, parameter: str) -> None:
    answer = administrators_program.get(f"/tokens?{query}")
    assert answer.status_code == 422
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


def test_api2_the_list_needs_the_scope(program_of: Any) -> None:
    administrator = UserFactory.create(administrator=True)
    assert program_of(administrator, ["self:read", "instance:write"]).get("/tokens").status_code == 403
    assert program_of(UserFactory.create()).get("/tokens").status_code == 403


@pytest.mark.parametrize("query", ["", "&kind=PAT&sort=used", "&application=com.example/excel", "&q=batch"])
def test_a_page_of_200_takes_eight_queries_at_most(
    administrators_program: Any, application: TrustedApplication, query: str
) -> None:
    template = issued_pat(UserFactory.create(), application, description="batch").token
    copies(template, 205)
    administrators_program.get("/tokens")
    with CaptureQueriesContext(connection) as queries:
        answer = administrators_program.get(f"/tokens?limit=200{query}")
    assert len(answer.json()["items"]) == 200
    assert len(queries) <= 8, [one["sql"][:200] for one in queries]


def test_10000_tokens_are_listed_once_each_while_others_are_issued_and_revoked(
    administrators_program: Any, ada: User, application: TrustedApplication
) -> None:
    """Between two pages one is issued, one that was listed is revoked, and one that is still to come."""
    template = issued_pat(ada, application).token
    made = [template, *copies(template, 9_999)]
    by_number = {str(token.pk): number for number, token in enumerate(made)}
    found: list[str] = []
    revoked: set[str] = set()
    for number, page in enumerate(pages(administrators_program, "/tokens?limit=200&application=com.example/excel")):
        found += [token["id"] for token in page["items"]]
        issued_sat(application)
        for place in (number * 200, 9_999 - number):
            if place < len(made):
                revoke_token(actor=OPERATOR, token_id=made[place].pk, now=timezone.now())
                revoked.add(str(made[place].pk))
    assert len(found) == len(set(found))
    assert found == sorted(found, key=by_number.__getitem__)
    assert by_number.keys() - revoked <= set(found)


def test_an_order_whose_runs_follow_each_other_is_listed_to_its_end(
    administrators_program: Any, ada: User, application: TrustedApplication
) -> None:
    template = issued_pat(ada, application).token
    made = [template, *copies(template, 6)]
    for token in made[:3]:
        alter(token, last_used_at=timezone.now())
    for sort in ("issued", "expiry", "used", "unused"):
        path = f"/tokens?limit=2&application=com.example/excel&sort={sort}"
        assert sorted(listed(administrators_program, path)) == sorted(str(token.pk) for token in made), sort
