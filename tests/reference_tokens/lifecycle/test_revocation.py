"""TOK-8: revoking one token, and many at once."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection
from django.utils import timezone

from accounts.audit.record import OPERATOR, Actor, Source
from accounts.forms.fingerprints import SetChanged, fingerprint
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.revocation import revoke_token, revoke_tokens
from reference_tokens.lifecycle.selection import id_texts
from reference_tokens.models import ReferenceToken, TokenUse
from tests.factories import alter, issued_pat, issued_sat
from tests.introspection import Statements
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application).token


def revoke(token: ReferenceToken, **changes: Any) -> bool:
    values: dict[str, Any] = {"actor": OPERATOR, "token_id": token.pk, "now": timezone.now()}
    return revoke_token(**values | changes)


def revoke_all(**changes: Any) -> int:
    values: dict[str, Any] = {"tokens": ReferenceToken.objects.all(), "chosen_by": {"all": True}}
    return revoke_tokens(actor=OPERATOR, now=timezone.now(), **values | changes)


def revocations() -> Any:
    return AuditEvent.objects.filter(action__startswith="token:revoke")


def test_tok8_a_revocation_records_when_by_whom_and_why(token: ReferenceToken, administrator: User) -> None:
    now = timezone.now()
    actor = Actor.person(administrator, Source.MANAGE)
    assert revoke(token, actor=actor, now=now, reason="Laptop stolen")
    token.refresh_from_db()
    assert (token.revoked_at, token.revoked_by, token.revocation_source) == (now, administrator, "manage")
    assert (token.revocation_reason, token.revocation_id) == ("Laptop stolen", None)


def test_aud1_one_entry_tells_of_the_revocation(token: ReferenceToken) -> None:
    revoke(token, reason="Laptop stolen")
    event = revocations().get()
    assert (event.action, event.target_type, event.target_id) == ("token:revoke", "token", str(token.pk))
    assert event.details == {"reason": "Laptop stolen"}


def test_tok8_revoking_twice_is_no_error_and_changes_nothing(token: ReferenceToken) -> None:
    now = timezone.now()
    assert revoke(token, now=now, reason="first")
    assert not revoke(token, reason="second")
    token.refresh_from_db()
    assert (token.revoked_at, token.revocation_reason) == (now, "first")
    assert revocations().count() == 1


def test_tok8_an_expired_token_stays_as_it_is(token: ReferenceToken) -> None:
    assert not revoke(token, now=token.expires_at)
    assert not revocations().exists()


def test_tok8_an_unknown_token_is_no_error(db: None) -> None:
    assert not revoke_token(actor=OPERATOR, token_id=uuid.uuid4(), now=timezone.now())


def test_tok9_a_suspended_token_can_be_revoked(token: ReferenceToken) -> None:
    alter(token, suspended_at=timezone.now())
    assert revoke(token)


def test_t63_a_reason_with_invisible_characters_is_refused(token: ReferenceToken) -> None:
    with pytest.raises(ValidationError):
        revoke(token, reason="good\u202e")
    token.refresh_from_db()
    assert token.revoked_at is None


def refuse_entries(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
    """What a full disk does half-way through."""
    if 'INSERT INTO "accounts_auditevent"' in sql:
        raise DatabaseError("disk full")
    return execute(sql, *args)


def test_t60_a_revocation_that_cannot_be_recorded_does_not_happen(token: ReferenceToken) -> None:
    with connection.execute_wrapper(refuse_entries), pytest.raises(DatabaseError, match="disk full"):
        revoke(token)
    token.refresh_from_db()
    assert token.revoked_at is None


def test_t11_revoking_many_is_one_entry_with_the_filter_the_count_and_an_id(
    alice: User, application: TrustedApplication
) -> None:
    for _ in range(3):
        issued_pat(alice, application)
    assert revoke_all(chosen_by={"user": str(alice.pk)}, reason="Left") == 3
    event = revocations().get()
    assert (event.action, event.target_type) == ("token:revoke_many", "revocation")
    assert event.details == {"chosen_by": {"user": str(alice.pk)}, "count": 3, "reason": "Left"}
    assert ReferenceToken.objects.filter(revocation_id=event.target_id, revocation_reason="Left").count() == 3


def test_t11_those_that_have_ended_are_left_alone_and_not_counted(alice: User, application: TrustedApplication) -> None:
    revoked, expired, suspended, live = [issued_pat(alice, application).token for _ in range(4)]
    revoke(revoked)
    alter(expired, issued_at=timezone.now() - timedelta(days=2), expires_at=timezone.now() - timedelta(days=1))
    alter(suspended, suspended_at=timezone.now())
    assert revoke_all() == 2
    ended = ReferenceToken.objects.exclude(revocation_id=None)
    assert set(ended) == {suspended, live}


def test_t11_those_of_others_are_left_alone(alice: User, bob: User, application: TrustedApplication) -> None:
    issued_pat(alice, application)
    others = [issued_pat(bob, application).token, issued_sat(application).token]
    assert revoke_all(tokens=ReferenceToken.objects.held_by(alice)) == 1
    assert set(ReferenceToken.objects.filter(revoked_at=None)) == set(others)


def test_t11_a_set_chosen_over_other_tables_can_be_revoked(
    alice: User, bob: User, application: TrustedApplication
) -> None:
    issued_pat(alice, application)
    issued_pat(bob, application)
    assert revoke_all(tokens=ReferenceToken.objects.filter(holder__username="bob", application__is_enabled=True)) == 1
    assert ReferenceToken.objects.get(revoked_at=None).holder == alice


def test_t11_revoking_none_records_nothing(alice: User) -> None:
    assert revoke_all() == 0
    assert not revocations().exists()


def test_many1_a_set_that_is_not_the_one_that_was_shown_is_left_alone(
    alice: User, application: TrustedApplication, token: ReferenceToken
) -> None:
    shown = fingerprint(id_texts(ReferenceToken.objects.all()))
    other = issued_pat(alice, application).token
    with pytest.raises(SetChanged):
        revoke_all(shown=shown)
    assert not ReferenceToken.objects.exclude(revoked_at=None).exists()
    revoke(other)
    assert revoke_all(shown=shown) == 1


def test_t11_a_bad_reason_revokes_none(token: ReferenceToken) -> None:
    with pytest.raises(ValidationError):
        revoke_all(reason="a\nb")
    token.refresh_from_db()
    assert token.revoked_at is None


def lay_copies(number: int) -> None:
    """So many more rows like the one token there is, with ids and digests of their own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM reference_tokens_referencetoken")
        row = dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))
        marks = ", ".join(["%s"] * len(row))
        cursor.executemany(
            f"INSERT INTO reference_tokens_referencetoken ({', '.join(row)}) VALUES ({marks})",
            [list((row | {"id": uuid.uuid4().hex, "digest": secrets.token_bytes(32)}).values()) for _ in range(number)],
        )


def test_t11_ten_thousand_are_revoked_all_or_none_and_with_a_few_statements(token: ReferenceToken) -> None:
    lay_copies(9_999)
    with connection.execute_wrapper(refuse_entries), pytest.raises(DatabaseError):
        revoke_all()
    assert not ReferenceToken.objects.exclude(revoked_at=None).exists()

    with Statements() as statements:
        assert revoke_all() == 10_000
    assert len(statements) <= 10
    assert revocations().get().details["count"] == 10_000


def test_tok8_a_reason_of_200_characters_is_kept(token: ReferenceToken) -> None:
    assert revoke(token, reason="ż" * 200)
    token.refresh_from_db()
    assert token.revocation_reason == "ż" * 200


def test_tok8_the_use_of_a_revoked_token_leaves_the_lists_and_no_other(
    alice: User, application: TrustedApplication, token: ReferenceToken
) -> None:
    other = issued_pat(alice, application).token
    for each in (token, other):
        alter(each, last_used_at=timezone.now())
    revoke(token)
    assert dict(TokenUse.objects.values_list("token", "is_revoked")) == {token.pk: True, other.pk: False}


def test_tok8_a_reason_too_long_revokes_nothing(alice: User, application: TrustedApplication) -> None:
    token = issued_pat(alice, application).token
    with pytest.raises(ValidationError, match="more than 200 characters"):
        revoke_token(actor=OPERATOR, token_id=token.pk, now=timezone.now(), reason="x" * 201)
    token.refresh_from_db()
    assert token.revoked_at is None
