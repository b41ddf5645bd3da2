"""What is stored of a token, and what the database refuses by itself."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from reference_tokens.models import (
    AnswerCount,
    DailyUse,
    EventCount,
    HashKey,
    LeakReport,
    Notice,
    ReferenceToken,
    ResourceServerSecret,
    TokenNumber,
    TokenUse,
    ValidationTime,
)
from tests.factories import alter, issued_pat, issued_sat
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application).token


def set_state(token: ReferenceToken, state: str) -> None:
    now = timezone.now()
    alter(token, issued_at=now - timedelta(days=2))
    alter(
        token,
        **{
            "live": {},
            "suspended": {"suspended_at": now},
            "expired": {"suspended_at": now, "expires_at": now - timedelta(days=1)},
            "revoked": {"revoked_at": now, "suspended_at": now, "expires_at": now - timedelta(days=1)},
        }[state],
    )


@pytest.mark.parametrize("state", ReferenceToken.State.values)
def test_tok4_a_set_in_a_state_holds_exactly_the_tokens_of_that_state(
    alice: User, application: TrustedApplication, state: str
) -> None:
    for each in ReferenceToken.State.values:
        set_state(issued_pat(alice, application).token, each)
    now = timezone.now()
    found = ReferenceToken.objects.in_state(state, now)
    assert [token.state(now) for token in found] == [state]


@pytest.mark.parametrize(("offset", "state"), [(-1, "live"), (0, "expired"), (1, "expired")])
def test_t6_a_token_is_expired_from_its_instant_on(token: ReferenceToken, offset: int, state: str) -> None:
    assert token.expires_at is not None
    now = token.expires_at + timedelta(seconds=offset)
    assert token.state(now) == state
    assert ReferenceToken.objects.in_state(state, now).get() == token


def test_tok5_a_token_without_expiry_is_never_expired(token: ReferenceToken) -> None:
    alter(token, expires_at=None)
    token.refresh_from_db()
    later = timezone.now() + timedelta(days=36_500)
    assert token.state(later) == "live"
    assert ReferenceToken.objects.not_ended(later).get() == token


def test_tok4_the_pats_of_a_person_are_theirs_alone(alice: User, bob: User, application: TrustedApplication) -> None:
    token = issued_pat(alice, application).token
    issued_pat(bob, application)
    issued_sat(application)
    assert ReferenceToken.objects.held_by(alice).get() == token


def test_tok4_the_tokens_of_an_application_are_of_both_kinds(alice: User, application: TrustedApplication) -> None:
    tokens = {issued_pat(alice, application).token, issued_sat(application).token}
    assert set(ReferenceToken.objects.of(application)) == tokens


def test_tok7_a_token_shows_as_its_description(token: ReferenceToken) -> None:
    token.description = "Laptop"
    assert token.display_name == "Laptop"


def test_tok7_a_token_without_one_shows_as_its_application_and_hint(token: ReferenceToken) -> None:
    assert token.display_name == f"Excel {token.hint}"
    assert str(token) == token.hint


def test_other_things_show_as_their_names(server: Any) -> None:
    assert str(server) == server.name
    assert str(HashKey.objects.get()) == HashKey.objects.get().id
    assert str(ResourceServerSecret.objects.get()) == f"secret of {server.pk}"
    assert str(AnswerCount(day="2026-11-23", client_id="rs_1", outcome="active", count=2)) == "2026-11-23 rs_1 active 2"
    assert str(ValidationTime(door="profile", outcome="active", within="0.01", count=2)) == "profile active 0.01 2"
    assert str(EventCount(event="failed", count=3)) == "failed 3"
    assert str(TokenNumber(name="live", number=4)) == "live 4"
    assert str(Notice(kind="expiry", cause="7")) == "expiry 7"
    assert str(LeakReport(received_at="today", origin="github", place="a gist")) == "today github a gist"


def test_a_days_use_shows_as_its_counts(token: ReferenceToken) -> None:
    assert str(DailyUse(token=token, day="2026-11-23", accepted=2, refused=1)) == f"2026-11-23 {token.pk} 2 1"


def test_a_last_use_shows_as_its_token_and_time(token: ReferenceToken) -> None:
    assert str(TokenUse(token=token, last_used_at=token.issued_at)) == f"{token.pk} {token.issued_at}"


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"holder": None}, "token_pat_has_a_holder_and_sat_none"),
        ({"kind": "SAT"}, "token_pat_has_a_holder_and_sat_none"),
        ({"kind": "XYZ"}, "token_pat_has_a_holder_and_sat_none"),
        ({"digest": b"x" * 31}, "token_digest_is_32_bytes"),
        ({"digest": b""}, "token_digest_is_32_bytes"),
        ({"scopes": ()}, "token_has_a_scope"),
        ({"expires_at": timezone.now() - timedelta(days=9999)}, "token_expires_after_it_was_issued"),
        ({"revocation_source": "manage"}, "token_revocation_has_a_time"),
        ({"revocation_id": uuid.UUID(int=1)}, "token_revocation_has_a_time"),
    ],
)
def test_the_database_refuses_a_token_that_cannot_be(
    token: ReferenceToken, columns: dict[str, Any], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        alter(token, **columns)


def test_t3_two_tokens_cannot_have_one_digest(alice: User, application: TrustedApplication) -> None:
    one, other = issued_pat(alice, application).token, issued_pat(alice, application).token
    with pytest.raises(IntegrityError), transaction.atomic():
        alter(one, digest=bytes(other.digest))


def test_tok3_the_database_refuses_a_second_token_of_one_form(alice: User, application: TrustedApplication) -> None:
    one, other = issued_pat(alice, application).token, issued_pat(alice, application).token
    alter(one, issuer=alice, request_key=uuid.UUID(int=1))
    with pytest.raises(IntegrityError), transaction.atomic():
        alter(other, issuer=alice, request_key=uuid.UUID(int=1))


def test_t22_the_database_refuses_a_secret_that_is_no_digest(server: Any) -> None:
    with pytest.raises(IntegrityError, match="secret_digest_is_32_bytes"), transaction.atomic():
        ResourceServerSecret.objects.update(digest=b"short")
