"""Acts on many tokens: as many statements for a thousand as for a few, with the same record and the same mails."""

from __future__ import annotations

import itertools
import secrets
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, OutboxEntry, User
from reference_tokens.lifecycle.revocation import revoke_tokens
from reference_tokens.lifecycle.selection import read_chosen
from reference_tokens.lifecycle.shortening import shorten_tokens
from reference_tokens.lifecycle.suspension import resume_chosen, suspend_tokens
from reference_tokens.lifecycle.unused import TOKENS_AT_ONCE, suspend_unused_tokens, warn_of_unused_tokens
from reference_tokens.models import Notice, ReferenceToken
from reference_tokens.notices.noting import note_expiries_of
from tests.accounts.audit.test_record import first_that_does_not_fit
from tests.factories import UserFactory, issued_pat, issued_sat, made_applications
from tests.introspection import Statements, plan_of
from trusted_apps.models import TrustedApplication
from trusted_apps.registration import application_target

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


def resume() -> int:
    ReferenceToken.objects.filter(revoked_at=None).update(suspended_at=timezone.now())
    everything = ReferenceToken.objects.all()
    return resume_chosen(actor=OPERATOR, tokens=everything, chosen_by={"all": True}, now=timezone.now())


def shorten() -> int:
    now, application = timezone.now(), made_applications().get()
    tokens = ReferenceToken.objects.all()
    return shorten_tokens(
        actor=OPERATOR, tokens=tokens, target=application_target(application), expires_at=now + DAY, now=now
    )


@pytest.mark.parametrize("act", [revoke, suspend, resume, shorten])
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


@pytest.mark.once
def test_chosen_tokens_are_read_once_in_the_order_of_their_issue(alice: User, application: TrustedApplication) -> None:
    """A million rows lie so on the disk; PostgreSQL would sort the three of this test."""
    pks = [issued_pat(alice, application).token.pk for _ in range(2)]
    sat = issued_sat(application).token.pk
    with Statements() as statements:
        chosen = read_chosen(ReferenceToken.objects.all())
    assert "USING INDEX token_by_issue" in plan_of(statements.sql[0])
    assert (len(statements.sql), chosen.ids) == (1, [pk.hex for pk in (*pks, sat)])
    assert chosen.owners == {("PAT", alice.pk): 2, ("SAT", None): 1}
    assert chosen.applications == {application.pk: 3}


def steps_of(act: Callable[[], int], expected: int) -> int:
    """The steps of SQLite's machine that an act takes, in hundreds."""
    steps = itertools.count()
    connection.connection.set_progress_handler(lambda: next(steps) and None, 100)
    try:
        assert act() == expected
    finally:
        connection.connection.set_progress_handler(None, 0)
    return next(steps)


@pytest.mark.once
def test_a_step_of_housekeeping_works_as_much_among_many_tokens_and_people_as_among_few(
    people: list[User], application: TrustedApplication
) -> None:
    """Its locks are held no longer, however large the instance is."""
    steps = []
    for more in (0, MANY):
        User.objects.bulk_create(UserFactory.build(email=f"{n}@example.org") for n in range(more))
        due = tokens_of([UserFactory.create(email=f"holder{more}@example.org")], application, 10)
        tokens_of([UserFactory.create()], application, more + 1)
        now = timezone.now()
        ReferenceToken.objects.filter(pk__in=due).update(issued_at=now - 40 * DAY, expires_at=now + 5 * DAY)
        steps.append(steps_of(partial(note_expiries_of, due, 7, now), 10))
    assert steps[1] < 1.2 * steps[0]
