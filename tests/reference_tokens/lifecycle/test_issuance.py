"""Issuing tokens: TOK-3 to TOK-7."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.audit.record import Actor, Source
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.issuance import AlreadyIssued, IssuingRefused, issue_pat, issue_sat
from reference_tokens.models import HashKey, ReferenceToken
from reference_tokens.token_values.hashing import KeyRing, key_id
from reference_tokens.token_values.token_format import is_well_formed
from tests.conftest import is_postgresql
from tests.factories import ApplicationFactory, UserFactory, alter, issued_pat, issued_sat, token_request
from tests.introspection import Statements
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


def profile_pat(user: User, application: TrustedApplication, **changes: Any) -> Any:
    """A PAT that the person issues in the Profile site."""
    actor = Actor.person(user, Source.PROFILE, address="192.0.2.7")
    return issue_pat(
        actor=actor, user=user, application=application, token_request=token_request(**changes), now=timezone.now()
    )


def manage_sat(administrator: User, application: TrustedApplication, **changes: Any) -> Any:
    """A SAT that the administrator issues in the Instance Manager."""
    actor = Actor.person(administrator, Source.MANAGE)
    return issue_sat(actor=actor, application=application, token_request=token_request(**changes), now=timezone.now())


def test_tok4_a_pat_records_whom_it_is_for_and_who_issued_it(alice: User, application: TrustedApplication) -> None:
    token = profile_pat(alice, application, description="  Laptop ", scopes=["update", "read", "read"]).token
    token.refresh_from_db()
    assert (token.kind, token.holder, token.issuer, token.application) == ("PAT", alice, alice, application)
    assert (token.description, token.scopes) == ("Laptop", ("read", "update"))
    assert (token.last_used_at, token.revoked_at, token.suspended_at, token.replaces) == (None, None, None, None)


def test_tok4_a_sat_has_no_holder_of_its_own(administrator: User, application: TrustedApplication) -> None:
    token = manage_sat(administrator, application).token
    assert (token.kind, token.holder, token.issuer) == ("SAT", None, administrator)


def test_pol3_a_person_issues_pats_for_nobody_but_themselves(
    alice: User, administrator: User, application: TrustedApplication
) -> None:
    actor = Actor.person(administrator, Source.PROFILE)
    with pytest.raises(ValueError, match=r"^a person issues PATs for nobody but themselves$"):
        issue_pat(actor=actor, user=alice, application=application, token_request=token_request(), now=timezone.now())
    assert not ReferenceToken.objects.exists()


def test_pol3_a_token_of_the_operator_has_no_issuer(alice: User, application: TrustedApplication) -> None:
    assert issued_pat(alice, application).token.issuer is None
    assert issued_sat(application).token.issuer is None


def test_tok2_what_is_stored_is_the_digest_under_the_current_key_and_its_id(
    alice: User, application: TrustedApplication, settings: Settings
) -> None:
    issued = issued_pat(alice, application)
    stored = ReferenceToken.objects.get()
    assert bytes(stored.digest) == KeyRing(settings.TOKEN_HASH_KEYS).digest(issued.plaintext)
    assert stored.hash_key_id == key_id(settings.TOKEN_HASH_KEYS[0])


def test_tok1_what_is_issued_is_well_formed_and_its_hint_fits(alice: User, application: TrustedApplication) -> None:
    issued = issued_pat(alice, application)
    assert is_well_formed(issued.plaintext)
    assert issued.token.hint == f"{issued.plaintext[:9]}…{issued.plaintext[-4:]}"


def test_tok2_the_representation_of_an_issued_token_hides_its_value(
    alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    assert issued.plaintext not in repr(issued)
    assert issued.plaintext not in str(issued)


def test_aud1_one_entry_tells_who_issued_what(alice: User, application: TrustedApplication) -> None:
    token = profile_pat(alice, application, description="Laptop").token
    event = AuditEvent.objects.get()
    assert (event.action, event.source) == ("token:issue", "profile")
    assert (event.target_type, event.target_id) == ("token", str(token.pk))
    assert (event.actor_type, event.actor_id, event.address) == ("user", str(alice.pk), "192.0.2.7")
    assert event.details == {
        "kind": "PAT",
        "application": str(application.pk),
        "holder": str(alice.pk),
        "scopes": ["read"],
        "expires_at": token.expires_at.isoformat(),
        "description": "Laptop",
        "hint": token.hint,
    }


def test_aud1_the_entry_of_a_sat_without_expiry(application: TrustedApplication) -> None:
    TrustedApplication.objects.update(allows_tokens_without_expiry=True)
    issued_sat(application, expires_at=None)
    details = AuditEvent.objects.get().details
    assert (details["kind"], details["holder"], details["expires_at"]) == ("SAT", None, None)


def test_t60_a_token_that_cannot_be_recorded_is_not_issued(alice: User, application: TrustedApplication) -> None:
    def refuse_entry(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        if 'INSERT INTO "accounts_auditevent"' in sql:
            raise DatabaseError("disk full")
        return execute(sql, *args)

    with connection.execute_wrapper(refuse_entry), pytest.raises(DatabaseError, match="disk full"):
        issued_pat(alice, application)
    assert not ReferenceToken.objects.exists()


@pytest.mark.parametrize("scopes", [[], [""], [" "]])
def test_tok6_a_token_needs_a_scope(alice: User, application: TrustedApplication, scopes: list[str]) -> None:
    with pytest.raises(ValidationError, match="at least one scope"):
        issued_pat(alice, application, scopes=scopes)


def test_tok6_a_scope_that_the_application_does_not_offer_is_refused(
    alice: User, application: TrustedApplication
) -> None:
    with pytest.raises(ValidationError) as caught:
        issued_pat(alice, application, scopes=["read", "delete", "admin"])
    said = "Excel does not offer the scope admin, delete."
    assert (caught.value.code, caught.value.messages) == ("scope_not_offered", [said])


def test_t13_a_scope_removed_from_the_application_can_not_be_issued(
    alice: User, application: TrustedApplication
) -> None:
    TrustedApplication.objects.update(scopes="read")
    assert application.scopes == ("read", "update")
    with pytest.raises(ValidationError, match="update"):
        issued_pat(alice, application, scopes=["update"])


def test_tok7_a_description_of_200_characters_is_kept(alice: User, application: TrustedApplication) -> None:
    assert issued_pat(alice, application, description="ż" * 200).token.description == "ż" * 200


@pytest.mark.parametrize("description", ["x" * 201, "one\ntwo", "a\u202eb", "a\u200bb", "a\0b"])
def test_tok7_a_longer_description_or_one_with_invisible_characters_is_refused(
    alice: User, application: TrustedApplication, description: str
) -> None:
    with pytest.raises(ValidationError):
        issued_pat(alice, application, description=description)
    assert not ReferenceToken.objects.exists()


def test_tok5_the_lifetime_is_checked_when_issuing(alice: User, application: TrustedApplication) -> None:
    with pytest.raises(ValidationError, match="366 days at most"):
        issued_pat(alice, application, expires_at=timezone.now() + timedelta(days=367))


def test_tok5_the_applications_maximum_of_now_binds(alice: User, application: TrustedApplication) -> None:
    TrustedApplication.objects.update(max_lifetime_days=7)
    with pytest.raises(ValidationError, match="7 days at most"):
        issued_pat(alice, application)


def test_tok7_the_limit_of_pats_is_for_each_person(
    alice: User, bob: User, application: TrustedApplication, settings: Settings
) -> None:
    settings.MAX_LIVE_PATS_PER_PERSON = 2
    for _ in range(2):
        issued_pat(alice, application)
    with pytest.raises(ValidationError, match="alice has 2 tokens, which is the limit") as caught:
        issued_pat(alice, ApplicationFactory.create())
    assert caught.value.code == "too_many_tokens"
    assert issued_pat(bob, application)


@pytest.mark.parametrize("ended", ["revoked_at", "expires_at"])
def test_tok7_a_token_that_has_ended_does_not_count(
    alice: User, application: TrustedApplication, settings: Settings, ended: str
) -> None:
    settings.MAX_LIVE_PATS_PER_PERSON = 1
    token = issued_pat(alice, application).token
    alter(token, issued_at=timezone.now() - timedelta(days=1), **{ended: timezone.now()})
    assert issued_pat(alice, application)


def test_tok9_a_suspended_token_counts_since_it_may_come_back(
    alice: User, application: TrustedApplication, settings: Settings
) -> None:
    settings.MAX_LIVE_PATS_PER_PERSON = 1
    alter(issued_pat(alice, application).token, suspended_at=timezone.now())
    with pytest.raises(ValidationError, match="alice has 1 token, which is the limit"):
        issued_pat(alice, application)


def test_tok7_the_limit_of_sats_is_for_each_application(
    alice: User, application: TrustedApplication, settings: Settings
) -> None:
    settings.MAX_LIVE_SATS_PER_APPLICATION = 1
    issued_pat(alice, application)
    issued_sat(application)
    with pytest.raises(ValidationError, match="Excel has 1 service access token, which is the limit") as caught:
        issued_sat(application)
    assert caught.value.code == "too_many_tokens"
    assert issued_sat(ApplicationFactory.create(with_system_user=True))


def test_tok3_the_same_form_issues_one_pat_and_names_it(alice: User, application: TrustedApplication) -> None:
    key = uuid.uuid4()
    first = profile_pat(alice, application, request_key=key)
    with pytest.raises(AlreadyIssued) as caught:
        profile_pat(alice, application, request_key=key)
    assert caught.value.token == first.token
    assert str(caught.value) == first.token.hint
    assert ReferenceToken.objects.count() == 1


def test_tok3_the_same_form_for_another_application_issues_nothing_either(
    alice: User, application: TrustedApplication
) -> None:
    key = uuid.uuid4()
    profile_pat(alice, application, request_key=key)
    with pytest.raises(AlreadyIssued):
        profile_pat(alice, ApplicationFactory.create(), request_key=key)


def test_tok3_the_same_form_issues_one_sat(administrator: User, application: TrustedApplication) -> None:
    key = uuid.uuid4()
    manage_sat(administrator, application, request_key=key)
    with pytest.raises(AlreadyIssued):
        manage_sat(administrator, application, request_key=key)


def test_tok3_another_person_may_send_the_same_key(alice: User, bob: User, application: TrustedApplication) -> None:
    key = uuid.uuid4()
    assert profile_pat(alice, application, request_key=key).token.holder == alice
    assert profile_pat(bob, application, request_key=key).token.holder == bob


def test_tok3_a_form_may_be_sent_again_after_a_refusal(alice: User, application: TrustedApplication) -> None:
    key = uuid.uuid4()
    with pytest.raises(ValidationError):
        profile_pat(alice, application, request_key=key, scopes=[])
    assert profile_pat(alice, application, request_key=key)


def test_tok3_the_operator_has_no_forms(alice: User, application: TrustedApplication) -> None:
    key = uuid.uuid4()
    for _ in range(2):
        issued_pat(alice, application, request_key=key)
        issued_sat(application, request_key=key)
    assert set(ReferenceToken.objects.values_list("request_key", flat=True)) == {None}


def test_pol2_the_operator_asks_the_policy_for_the_named_person(alice: User) -> None:
    application = ApplicationFactory.create(administrators_only=True)
    with pytest.raises(IssuingRefused):
        issued_pat(alice, application)


def test_pol4_the_operator_needs_an_active_system_user_like_everyone(administrator: User) -> None:
    with pytest.raises(IssuingRefused, match="no System User"):
        issued_sat(ApplicationFactory.create())


def test_tok2_issuing_brings_a_retired_key_back_into_use(alice: User, application: TrustedApplication) -> None:
    issued_pat(alice, application)
    HashKey.objects.update(retired_at=timezone.now())
    issued_pat(alice, application)
    assert HashKey.objects.get().retired_at is None


def test_tok2_tokens_of_one_key_share_its_row(application: TrustedApplication) -> None:
    first, _second = [issued_pat(UserFactory.create(), application).token for _ in range(2)]
    assert HashKey.objects.get().created_at == first.issued_at


def test_issuing_takes_nine_statements_and_counts_nothing(alice: User, application: TrustedApplication) -> None:
    """Application, holder, form, limit, key; the token; the audit head, its entry and its move: one in PostgreSQL."""
    issued_pat(alice, application)
    actor = Actor.person(alice, Source.PROFILE)
    request = token_request(request_key=uuid.uuid4())
    with Statements() as statements:
        issue_pat(actor=actor, user=alice, application=application, token_request=request, now=timezone.now())
    asked = [sql for sql in statements.sql if "SAVEPOINT" not in sql]
    assert len(asked) == (7 if is_postgresql() else 9)
    assert not [sql for sql in asked if "COUNT(" in sql]
