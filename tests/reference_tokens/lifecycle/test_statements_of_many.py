"""Acts on many tokens: as many statements for a thousand as for a few, with the same record and the same mails."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, OutboxEntry, User
from reference_tokens.lifecycle.revocation import revoke_tokens
from reference_tokens.lifecycle.shortening import shorten_tokens
from reference_tokens.lifecycle.suspension import suspend_tokens
from reference_tokens.lifecycle.unused import TOKENS_AT_ONCE, suspend_unused_tokens, warn_of_unused_tokens
from reference_tokens.models import Notice, ReferenceToken
from tests.accounts.audit.test_record import first_that_does_not_fit
from tests.factories import UserFactory, issued_pat
from tests.introspection import Statements
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.mails_wait]

DAY = timedelta(days=1)
MANY = 600


@pytest.fixture
def people(db: None) -> list[User]:
    return [UserFactory.create(email=f"person{number}@example.com") for number in range(3)]


def tokens_of(people: list[User], application: TrustedApplication, count: int) -> list[uuid.UUID]:
    """So many PATs without expiry, each person's turn by turn."""
    like = issued_pat(people[0], application).token
    made = [
        ReferenceToken(
            **{field.attname: getattr(like, field.attname) for field in ReferenceToken._meta.concrete_fields}
            | {"id": uuid.uuid4(), "digest": secrets.token_bytes(32), "expires_at": None, "holder_id": person.pk}
        )
        for person in (people * count)[:count]
    ]
    ReferenceToken.objects.filter(pk=like.pk).delete()
    return [token.pk for token in ReferenceToken.objects.bulk_create(made)]


def statements_of(act: Callable[[], int], expected: int) -> int:
    with Statements() as statements:
        assert act() == expected
    return len(statements)


def revoke() -> int:
    everything = ReferenceToken.objects.all()
    return revoke_tokens(actor=OPERATOR, tokens=everything, chosen_by={"all": True}, now=timezone.now())


def suspend() -> int:
    everything = ReferenceToken.objects.all()
    return suspend_tokens(actor=OPERATOR, tokens=everything, chosen_by={"all": True}, now=timezone.now())


def shorten() -> int:
    now, application = timezone.now(), TrustedApplication.objects.get()
    tokens = ReferenceToken.objects.all()
    return shorten_tokens(actor=OPERATOR, tokens=tokens, application_id=application.pk, expires_at=now + DAY, now=now)


@pytest.mark.parametrize("act", [revoke, suspend, shorten])
def test_an_act_on_many_takes_no_more_statements_for_more_tokens(
    people: list[User], application: TrustedApplication, act: Callable[[], int]
) -> None:
    tokens_of(people, application, 3)
    few = statements_of(act, 3)
    ReferenceToken.objects.all().update(revoked_at=timezone.now())
    tokens_of(people, application, MANY)
    assert statements_of(act, MANY) == few <= 14


def test_tok15_a_revocation_of_many_is_one_mail_to_each_owner_about_their_own(
    people: list[User], application: TrustedApplication
) -> None:
    tokens_of(people, application, MANY)
    revoke()
    assert sorted(notice.tokens.count() for notice in Notice.objects.all()) == [MANY // 3] * 3
    assert {notice.recipient for notice in Notice.objects.all()} == set(people)
    references = list(OutboxEntry.objects.order_by("reference").values_list("reference", flat=True))
    assert references == list(Notice.objects.order_by("pk").values_list("pk", flat=True))
    for person in people:
        told = Notice.objects.get(recipient=person).tokens
        assert set(told.values_list("holder", flat=True)) == {person.pk}


def unused_later(settings: Settings) -> datetime:
    settings.UNUSED_SUSPEND_DAYS = 90
    return timezone.now()


def test_tok14_a_portion_of_unused_tokens_is_suspended_with_few_statements(
    people: list[User], application: TrustedApplication, settings: Settings
) -> None:
    start = unused_later(settings)

    def round_of(count: int) -> tuple[int, int]:
        ids: Any = tokens_of(people, application, count)
        warned = statements_of(lambda: warn_of_unused_tokens(now=start + 80 * DAY), count)
        suspended = statements_of(lambda: suspend_unused_tokens(now=start + 100 * DAY), count)
        assert ReferenceToken.objects.filter(pk__in=ids).exclude(suspended_at=None).count() == count
        return warned, suspended

    warned, suspended = round_of(3)
    # SQLite takes at most so many values at once: the entries of a portion are four statements rather than one.
    assert round_of(TOKENS_AT_ONCE) in {(warned, suspended), (warned, suspended + 3)}


def test_aud1_each_token_that_is_suspended_unused_has_an_entry_of_its_own_in_one_chain(
    people: list[User], application: TrustedApplication, settings: Settings
) -> None:
    start = unused_later(settings)
    ids = tokens_of(people, application, TOKENS_AT_ONCE + 1)
    warn_of_unused_tokens(now=start + 80 * DAY)
    suspend_unused_tokens(now=start + 100 * DAY)
    entries = AuditEvent.objects.filter(action="token:suspend")
    assert sorted(entries.values_list("target_id", flat=True)) == sorted(map(str, ids))
    assert {(entry.actor_type, entry.source) for entry in entries} == {("service", "system")}
    assert first_that_does_not_fit() is None
