"""A policy that is tightened: which tokens fall outside it is said before it is saved (POL-6)."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from reference_tokens.models import ReferenceToken
from tests.factories import PASSWORD, alter, issued_pat
from tests.instance_manager.applications.forms import changed, edit_of, page_of, tokens_of_everybody
from tests.pages import CONFIRM_URL, form_of, give_password, next_of, signed_in, text_of
from trusted_apps.models import AccessTokensPolicy, TrustedApplication

pytestmark = pytest.mark.django_db


def test_pol6_the_page_says_how_many_tokens_by_kind_and_owner_before_anything_is_saved(
    administrator_client: Client, application: TrustedApplication, alice: User, bob: User, administrator: User
) -> None:
    tokens_of_everybody(application, alice, bob, administrator)
    response = changed(administrator_client, application, access_tokens_policy=["AdministratorsOnly"], name=["New"])
    words = text_of(response)
    assert response.status_code == 200
    assert "3 live tokens could not be issued under this policy." in words
    assert "2 \N{MULTIPLICATION SIGN} Personal access token, Alice" in words
    assert "1 \N{MULTIPLICATION SIGN} Personal access token, Bob" in words
    application.refresh_from_db()
    assert (application.access_tokens_policy, application.name) == ("AuthenticatedUsers", "Excel")


def test_pol6_without_any_policy_the_tokens_of_the_application_itself_count_too(
    administrator_client: Client, application: TrustedApplication, alice: User, bob: User, administrator: User
) -> None:
    tokens_of_everybody(application, alice, bob, administrator)
    words = text_of(changed(administrator_client, application, access_tokens_policy=["None"]))
    assert "5 live tokens could not be issued under this policy." in words
    assert "1 \N{MULTIPLICATION SIGN} Service access token, the application itself" in words


def test_pol6_the_second_submit_saves_and_the_tokens_stay_live(
    administrator_client: Client, application: TrustedApplication, alice: User
) -> None:
    issued_pat(alice, application)
    asked = changed(administrator_client, application, access_tokens_policy=["None"])
    assert "1 live token could not be issued" in text_of(asked)
    assert administrator_client.post(edit_of(application), form_of(asked)).status_code == 302
    application.refresh_from_db()
    assert application.access_tokens_policy == "None"
    assert ReferenceToken.objects.get().revoked_at is None
    assert "Outside policy" in text_of(administrator_client.get(page_of(application)))


def test_pol6_they_are_revoked_in_the_same_step_if_that_is_ticked(
    administrator: User, administrator_client: Client, application: TrustedApplication, alice: User, bob: User
) -> None:
    tokens_of_everybody(application, alice, bob, administrator)
    asked = changed(administrator_client, application, access_tokens_policy=["AdministratorsOnly"])
    fields = form_of(asked) | {"revoke_outside": ["1"]}
    response = administrator_client.post(edit_of(application), fields, follow=True)
    assert "The changes to Excel were saved. 3 tokens were revoked." in text_of(response)
    reasons = [token.why_revoked.in_words() for token in ReferenceToken.objects.filter(revoked_by=administrator)]
    assert reasons == ["The application's AccessTokens policy became AdministratorsOnly"] * 3
    assert set(ReferenceToken.objects.filter(revoked_at=None).values_list("kind", "holder__username")) == {
        ("PAT", "ada"),
        ("SAT", None),
    }
    actions = AuditEvent.objects.order_by("-seq").values_list("action", flat=True)[:2]
    assert list(actions) == ["application:update", "token:revoke_many"]


def test_pol6_another_policy_than_the_one_seen_is_asked_about_again(
    administrator_client: Client, application: TrustedApplication, alice: User
) -> None:
    issued_pat(alice, application)
    asked = form_of(changed(administrator_client, application, access_tokens_policy=["AdministratorsOnly"]))
    response = administrator_client.post(
        edit_of(application), asked | {"access_tokens_policy": ["None"], "revoke_outside": ["1"]}
    )
    assert "1 live token could not be issued" in text_of(response)
    assert form_of(response)["revoke_outside"] == ["1"]
    assert ReferenceToken.objects.get().revoked_at is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("AuthenticatedUsers", "AuthenticatedUsers"),
        ("AdministratorsOnly", "AuthenticatedUsers"),
        ("None", "AuthenticatedUsers"),
        ("None", "AdministratorsOnly"),
        ("AdministratorsOnly", "AdministratorsOnly"),
        ("None", "None"),
    ],
)
def test_pol6_nothing_is_asked_where_no_token_falls_out(
    administrator_client: Client, application: TrustedApplication, alice: User, before: str, after: str
) -> None:
    issued_pat(alice, application)
    TrustedApplication.objects.update(access_tokens_policy=before)
    assert changed(administrator_client, application, access_tokens_policy=[after]).status_code == 302
    assert ReferenceToken.objects.get().revoked_at is None


def test_pol6_nothing_is_asked_without_tokens(administrator_client: Client, application: TrustedApplication) -> None:
    for policy in ("AdministratorsOnly", AccessTokensPolicy.NONE, "AuthenticatedUsers"):
        assert changed(administrator_client, application, access_tokens_policy=[policy]).status_code == 302


def test_pol6_an_invalid_form_revokes_nothing(
    administrator_client: Client, application: TrustedApplication, alice: User
) -> None:
    issued_pat(alice, application)
    answer = changed(
        administrator_client,
        application,
        access_tokens_policy=["None"],
        impact_seen=["None"],
        revoke_outside=["1"],
        name=[""],
    )
    assert answer.status_code == 422
    assert ReferenceToken.objects.get().revoked_at is None


@pytest.mark.parametrize("becomes", ["as it was", "without its tokens", "impossible"])
def test_pol6_what_was_ticked_beside_the_tokens_stays_ticked_after_confirming(
    administrator: User, administrator_client: Client, application: TrustedApplication, alice: User, becomes: str
) -> None:
    token = issued_pat(alice, application).token
    ticked = form_of(changed(administrator_client, application, access_tokens_policy=["None"])) | {
        "revoke_outside": ["1"],
        "name": ["Word" if becomes != "impossible" else ""],
    }
    late = signed_in(give_password(administrator), confirmed=False)
    asked = late.post(edit_of(application), ticked)
    if becomes == "without its tokens":
        alter(token, revoked_at=timezone.now(), revocation_source="manage")
    late.post(CONFIRM_URL, {"password": PASSWORD, "next": next_of(asked)})
    came_back = late.get(next_of(asked))
    said = "1 live token could not be issued under this policy." in text_of(came_back)
    fields = form_of(came_back, edit_of(application))
    assert (said, fields.get("revoke_outside"), fields["name"]) == (
        (True, ["1"], ["Word"]) if becomes == "as it was" else (False, None, ticked["name"])
    )
    saved = late.post(edit_of(application), fields)
    assert saved.status_code == (422 if becomes == "impossible" else 302)
    token.refresh_from_db()
    assert (token.revoked_at is None) == (becomes == "impossible")
