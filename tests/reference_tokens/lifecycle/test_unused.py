"""TOK-14: a token that nobody uses is warned of, then suspended; never deleted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, User
from accounts.outbox.delivery import send_due_mails
from accounts.progress import to_nobody
from reference_tokens.lifecycle import unused
from reference_tokens.lifecycle.suspension import resume_token
from reference_tokens.lifecycle.unused import in_portions, still_due, suspend_unused_tokens, warn_of_unused_tokens
from reference_tokens.maintenance import housekeeping
from reference_tokens.maintenance.housekeeping import do_housekeeping
from reference_tokens.models import Notice, ReferenceToken
from reference_tokens.notices.due import is_unwarned
from tests.concurrency import outcomes, threads
from tests.factories import ApplicationFactory, UserFactory, alter, issued_pat, issued_sat
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def ninety_days(settings: Settings) -> None:
    settings.UNUSED_SUSPEND_DAYS = 90


@pytest.fixture
def alice(db: None) -> User:
    return UserFactory.create(username="alice", email="alice@example.com")


@pytest.fixture
def application(application: TrustedApplication) -> TrustedApplication:
    application.allows_tokens_without_expiry = True
    application.save()
    return application


@pytest.fixture
def token(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application, expires_at=None, description="Nightly export").token


def days_with(clock: Any, days: int, start: datetime = NOON) -> dict[int, list[str]]:
    """The subjects of the mails of each day after the start that had any, with what daily housekeeping does of it."""
    found = {}
    for number in range(1, days + 1):
        clock.move_to(start + number * DAY)
        mail.outbox.clear()
        warn_of_unused_tokens(now=timezone.now())
        suspend_unused_tokens(now=timezone.now())
        send_due_mails()
        if mail.outbox:
            found[number] = [str(message.subject) for message in mail.outbox]
    return found


WARNED = "“Nightly export” is not used and will be suspended"
SUSPENDED = "“Nightly export” was suspended"


def test_tok14_warned_14_days_before_and_then_suspended(token: ReferenceToken, clock: Any) -> None:
    assert days_with(clock, 120) == {76: [WARNED], 90: [SUSPENDED]}
    token.refresh_from_db()
    assert token.suspended_at == NOON + 90 * DAY
    assert (token.suspension_source, token.suspended_by) == ("system", None)
    assert token.why_suspended.in_words() == "Not used for 90 days"
    event = AuditEvent.objects.get(action="token:suspend")
    assert (event.source, event.actor_type, event.target_id) == ("system", "service", str(token.pk))


def test_tok14_the_warning_says_until_when_and_what_to_do(token: ReferenceToken, clock: Any) -> None:
    clock.shift(80 * DAY)
    do_housekeeping(now=timezone.now())
    (message,) = mail.outbox
    # Fourteen days after the warning, which came late.
    assert "will be suspended on 5 Apr 2027, 12:00 UTC if it stays unused" in message.body
    assert "A token that is not used for 90 days is suspended; an administrator can resume it." in message.body
    assert "If it is needed, use it once before then. Otherwise revoke it." in message.body


def test_tok14_the_warning_tells_a_period_of_one_day(token: ReferenceToken, clock: Any, settings: Settings) -> None:
    settings.UNUSED_SUSPEND_DAYS = 1
    clock.shift(DAY)
    do_housekeeping(now=timezone.now())
    (message,) = mail.outbox
    assert "A token that is not used for 1 day is suspended; an administrator can resume it." in message.body


def test_tok14_the_suspension_says_that_the_service_did_it(token: ReferenceToken, clock: Any) -> None:
    days_with(clock, 90)
    (message,) = mail.outbox
    assert "The service itself suspended this access token on 1 Apr 2027, 12:00 UTC." in message.body
    assert "Reason: Not used for 90 days" in message.body


@pytest.mark.parametrize(("period", "warned", "suspended"), [(10, 5, 10), (28, 14, 28), (29, 15, 29), (1, 1, 2)])
def test_tok14_a_short_period_is_warned_of_at_its_half(
    token: ReferenceToken, clock: Any, settings: Settings, period: int, warned: int, suspended: int
) -> None:
    settings.UNUSED_SUSPEND_DAYS = period
    assert days_with(clock, 35) == {warned: [WARNED], suspended: [SUSPENDED]}


def test_tok14_off_by_default_nothing_happens(token: ReferenceToken, clock: Any, settings: Settings) -> None:
    settings.UNUSED_SUSPEND_DAYS = 0
    clock.shift(3000 * DAY)
    result = do_housekeeping(now=timezone.now())
    assert (result["unused_warned"], result["unused_suspended"], mail.outbox) == (0, 0, [])


def test_tok14_a_use_begins_a_new_period(token: ReferenceToken, clock: Any) -> None:
    assert days_with(clock, 80) == {76: [WARNED]}
    used = NOON + 80 * DAY
    alter(token, last_used_at=used)
    assert days_with(clock, 100, used) == {76: [WARNED], 90: [SUSPENDED]}


def test_tok14_a_token_that_an_administrator_resumed_gets_a_fresh_period(token: ReferenceToken, clock: Any) -> None:
    days_with(clock, 100)
    resumed = timezone.now()
    assert resume_token(actor=OPERATOR, token_id=token.pk, now=resumed)
    assert days_with(clock, 100, resumed) == {76: [WARNED], 90: [SUSPENDED]}


def test_tok14_a_setting_that_is_new_warns_first(token: ReferenceToken, clock: Any, settings: Settings) -> None:
    settings.UNUSED_SUSPEND_DAYS = 0
    clock.shift(300 * DAY)
    settings.UNUSED_SUSPEND_DAYS = 90
    assert days_with(clock, 30, timezone.now()) == {1: [WARNED], 15: [SUSPENDED]}


def test_tok14_a_warning_that_waited_until_the_rule_was_off_is_dropped(
    token: ReferenceToken, clock: Any, settings: Settings
) -> None:
    clock.shift(80 * DAY)
    assert warn_of_unused_tokens(now=timezone.now()) == 1
    settings.UNUSED_SUSPEND_DAYS = 0
    do_housekeeping(now=timezone.now())
    assert mail.outbox == []
    assert not Notice.objects.waiting().exists()


def test_tok14_one_mail_lists_the_tokens_of_an_owner(
    alice: User, application: TrustedApplication, token: ReferenceToken, clock: Any
) -> None:
    application.owners.add(alice)
    issued_pat(alice, application, expires_at=None)
    issued_sat(application, expires_at=None)
    assert days_with(clock, 100) == {
        76: ["3 access tokens are not used and will be suspended"],
        90: ["3 access tokens were suspended"],
    }
    assert AuditEvent.objects.filter(action="token:suspend").count() == 3


def test_tok14_who_cannot_be_mailed_loses_the_token_to_the_same_rule(
    alice: User, token: ReferenceToken, clock: Any
) -> None:
    User.objects.filter(pk=alice.pk).update(email="")
    assert days_with(clock, 95) == {}
    token.refresh_from_db()
    assert token.suspended_at == NOON + 90 * DAY


@pytest.mark.parametrize("what", ["application", "holder", "rotated"])
def test_pol5_what_cannot_be_used_is_not_counted_as_unused(
    alice: User, application: TrustedApplication, token: ReferenceToken, clock: Any, what: str
) -> None:
    if what == "rotated":
        alter(issued_pat(alice, application, expires_at=None).token, replaces=token, last_used_at=NOON + 300 * DAY)
    if what == "application":
        TrustedApplication.objects.update(is_enabled=False)
    if what == "holder":
        User.objects.filter(pk=alice.pk).update(is_active=False)
    clock.shift(200 * DAY)
    do_housekeeping(now=timezone.now())
    clock.shift(20 * DAY)
    do_housekeeping(now=timezone.now())
    token.refresh_from_db()
    assert (token.unused_warned_at, token.suspended_at) == (None, None)


def test_others_may_write_between_two_portions(
    alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _number in range(5):
        issued_pat(alice, application, expires_at=None)
    monkeypatch.setattr(unused, "TOKENS_AT_ONCE", 2)
    warned: list[int] = []
    of_warned = ReferenceToken.objects.exclude(unused_warned_at=None)
    monkeypatch.setattr(unused, "let_others_write", lambda: warned.append(of_warned.count()))
    warn_of_unused_tokens(now=NOON + 80 * DAY)
    assert warned == [2, 4, 5]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has a memory of its own")
def test_sqlite_reads_what_a_portion_lies_on_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def note_size(**_arguments: object) -> int:
        with connection.cursor() as cursor:
            sizes.append(cursor.execute("PRAGMA cache_size").fetchone()[0])
        return 0

    for name in ("note_expiries", "suspend_unused_tokens", "send_due_mails"):
        monkeypatch.setattr(housekeeping, name, note_size)
    do_housekeeping(now=NOON)
    assert sizes == [-16_384, -16_384, sizes[-1]]
    assert sizes[-1] != -16_384


@pytest.mark.django_db(transaction=True)
def test_tok14_several_machines_at_once_warn_and_suspend_once(alice: User, application: TrustedApplication) -> None:
    for _ in range(3):
        issued_pat(alice, application, expires_at=None)
    with threads() as start:
        warned = outcomes(start, *[lambda: warn_of_unused_tokens(now=NOON + 80 * DAY)] * 3)
        suspended = outcomes(start, *[lambda: suspend_unused_tokens(now=NOON + 100 * DAY)] * 3)
    assert sorted(warned) == sorted(suspended) == [0, 0, 3]
    assert sorted(Notice.objects.values_list("kind", flat=True)) == ["suspension", "unused"]


@pytest.mark.once
def test_the_work_on_unused_tokens_tells_how_far_it_is_and_ends_with_the_number_of_all(
    alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _number in range(3):
        issued_pat(alice, application, expires_at=None)
    monkeypatch.setattr(unused, "TOKENS_AT_ONCE", 2)
    told: list[tuple[str, int, int | None]] = []

    def report(text: str, done: int = 0, total: int | None = None) -> None:
        told.append((text, done, total))

    assert warn_of_unused_tokens(now=NOON + 80 * DAY, report=report) == 3
    assert suspend_unused_tokens(now=NOON + 100 * DAY, report=report) == 3
    warned, suspended = "Unused tokens that will be suspended", "Unused tokens"
    assert told == [(text, *far) for text in (warned, suspended) for far in ((0, None), (2, 3), (3, 3))]
    notices = [(notice.kind, notice.tokens.count()) for notice in Notice.objects.all()]
    assert sorted(notices) == [("suspension", 1), ("suspension", 2), ("unused", 1), ("unused", 2)]


@pytest.mark.once
def test_unused_tokens_come_owner_by_owner_and_those_used_or_suspended_meanwhile_are_passed_by(
    alice: User, bob: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ApplicationFactory.create(allows_tokens_without_expiry=True, with_system_user=True)
    issue = (issued_sat, partial(issued_pat, alice), partial(issued_pat, bob))
    tokens = [one(to, expires_at=None).token for _number in range(3) for one in issue for to in (application, other)]
    tokens.sort(key=lambda token: [str(key) for key in (token.holder_id or "", token.application_id, token.pk)])
    ids, now = [token.pk for token in tokens], NOON + 80 * DAY
    monkeypatch.setattr(unused, "TOKENS_AT_ONCE", 1)
    portions = in_portions(is_unwarned(now), now, "", to_nobody)
    assert next(portions) == ids[:1]
    alter(tokens[1], last_used_at=now)
    alter(tokens[2], suspended_at=now)
    assert list(portions) == [[pk] for pk in ids[3:]]
    assert still_due(is_unwarned(now), ids[9::-1], now) == sorted([ids[0], *ids[3:10]])
