"""TOK-15: mails before an expiry, counted over simulated years of daily housekeeping."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.lifecycle.shortening import shorten_tokens
from reference_tokens.lifecycle.suspension import resume_token, suspend_with_old_values
from reference_tokens.maintenance.housekeeping import do_housekeeping
from reference_tokens.models import Notice, ReferenceToken
from reference_tokens.notices import noting
from reference_tokens.notices.noting import note_expiries
from tests.concurrency import outcomes, threads
from tests.factories import UserFactory, alter, issued_pat, issued_sat
from tests.introspection import Statements
from trusted_apps.models import TrustedApplication
from trusted_apps.registration import application_target

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def alice(db: None) -> User:
    return UserFactory.create(username="alice", email="alice@example.com")


@pytest.fixture
def application(application: TrustedApplication) -> TrustedApplication:
    application.allows_tokens_without_expiry = True
    application.save()
    return application


def pat_for(days: int | None, user: User, application: TrustedApplication, **changes: Any) -> ReferenceToken:
    expires_at = None if days is None else timezone.now() + days * DAY
    return issued_pat(user, application, expires_at=expires_at, **changes).token


def housekeeping_every_day(
    clock: Any, days: int, at: datetime = NOON, also: dict[int, Callable[[], Any]] | None = None
) -> dict[str, list[date]]:
    """The days on which each subject was mailed, with who got it; `also` is done on some days before housekeeping."""
    sent: dict[str, list[date]] = defaultdict(list)
    for number in range(1, days + 1):
        clock.move_to(at + number * DAY)
        if also and number in also:
            also[number]()
        mail.outbox.clear()
        do_housekeeping(now=timezone.now())
        for message in mail.outbox:
            name = message.subject.split("”")[0].removeprefix("“")
            sent[f"{name} {message.to[0]}"].append(timezone.now().date())
    return dict(sent)


def days_before(days: list[date], expiry: datetime) -> list[int]:
    return [(expiry.date() - day).days for day in days]


@pytest.mark.once
def test_tok15_a_year_of_daily_housekeeping(alice: User, application: TrustedApplication, clock: Any) -> None:
    owners = [UserFactory.create(username=name, email=f"{name}@example.com") for name in ("olga", "otto")]
    application.owners.set(owners)
    for days in (7, 30, 90, 365, None):
        pat_for(days, alice, application, description=f"{days} days")
    suspended, revoked = (pat_for(90, alice, application, description=name) for name in ("suspended", "revoked"))
    rotated = pat_for(90, alice, application, description="rotated")
    issued_sat(application, description="sat", expires_at=NOON + 60 * DAY)

    def rotate() -> None:
        alter(pat_for(365, alice, application, description="its successor"), replaces=rotated)

    sent = housekeeping_every_day(
        clock,
        420,
        also={
            40: lambda: suspend_with_old_values(actor=OPERATOR, token_id=suspended.pk, now=timezone.now()),
            70: lambda: revoke_token(actor=OPERATOR, token_id=revoked.pk, now=timezone.now()),
            75: rotate,
        },
    )
    expected = {
        "7 days alice@example.com": [date(2027, 1, 7)],
        "30 days alice@example.com": [date(2027, 1, 24), date(2027, 1, 30)],
        "90 days alice@example.com": [date(2027, 3, 2), date(2027, 3, 25), date(2027, 3, 31)],
        "365 days alice@example.com": [date(2027, 12, 2), date(2027, 12, 25), date(2027, 12, 31)],
        # Told of the suspension, and of nothing after it: it was never resumed.
        "suspended alice@example.com": [date(2027, 2, 10)],
        # The mail of the 30 days, then that of the revocation.
        "revoked alice@example.com": [date(2027, 3, 2), date(2027, 3, 12)],
        # The mail of the 30 days; it was rotated before the next step.
        "rotated alice@example.com": [date(2027, 3, 2)],
        # It lives until 16 March 2028.
        "its successor alice@example.com": [date(2028, 2, 15)],
        "sat olga@example.com": [date(2027, 1, 31), date(2027, 2, 23), date(2027, 3, 1)],
        "sat otto@example.com": [date(2027, 1, 31), date(2027, 2, 23), date(2027, 3, 1)],
    }
    assert sent == expected
    assert sum(map(len, sent.values())) == 20


def test_tok15_the_mail_leads_straight_to_rotating(alice: User, application: TrustedApplication, clock: Any) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="America/New_York")
    token = pat_for(90, alice, application, description="Nightly export")
    clock.move_to(token.expires_at - 7 * DAY)  # type: ignore[operator]
    do_housekeeping(now=timezone.now())
    (message,) = mail.outbox
    assert message.subject == "“Nightly export” expires in 7 days"
    assert f"Rotate token:\nhttp://localhost:8000/profile/security/tokens/{token.pk}/rotate/" in message.body
    assert "Expires: 1 Apr 2027, 08:00 America/New_York (1 Apr 2027, 12:00 UTC)" in message.body


def test_tok15_the_owner_of_a_sat_is_led_to_rotating_or_told_whom_to_ask(
    alice: User, administrator: User, application: TrustedApplication, clock: Any
) -> None:
    User.objects.filter(pk=administrator.pk).update(email="ada@example.com")
    application.owners.set([alice, administrator])
    token = issued_sat(application, description="Sync", expires_at=NOON + 90 * DAY).token
    clock.shift(89 * DAY)
    do_housekeeping(now=timezone.now())
    found = {message.to[0]: message for message in mail.outbox}
    assert {message.subject for message in mail.outbox} == {"“Sync” expires in 1 day"}
    link = f"Rotate token:\nhttp://localhost:8000/manage/security/tokens/{token.pk}/rotate/"
    assert link in found["ada@example.com"].body
    assert "Only an administrator can do that. You can ask Ada (ada)." in found["alice@example.com"].body
    assert "/rotate/" not in found["alice@example.com"].body


def test_tok15_only_the_next_step_is_mailed_after_a_time_without_housekeeping(
    alice: User, application: TrustedApplication, clock: Any
) -> None:
    pat_for(90, alice, application)
    clock.shift(85 * DAY)
    for _ in range(3):
        do_housekeeping(now=timezone.now())
    assert [notice.step for notice in Notice.objects.all()] == [7]
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("days_left", "steps"),
    [(30.001, []), (30, [30]), (7.001, [30]), (7, [7]), (1.001, [7]), (1, [1]), (0.001, [1]), (0, [])],
)
def test_tok15_a_step_begins_at_its_very_instant(
    alice: User, application: TrustedApplication, clock: Any, days_left: float, steps: list[int]
) -> None:
    token = pat_for(90, alice, application)
    clock.move_to(token.expires_at - days_left * DAY)  # type: ignore[operator]
    note_expiries(now=timezone.now())
    assert [notice.step for notice in Notice.objects.all()] == steps


@pytest.mark.parametrize(("days", "steps"), [(1, []), (7, [1]), (30, [7, 1]), (31, [30, 7, 1])])
def test_tok15_no_step_in_which_the_token_was_issued(
    alice: User, application: TrustedApplication, clock: Any, days: int, steps: list[int]
) -> None:
    pat_for(days, alice, application)
    for _ in range(32 * 2):
        note_expiries(now=timezone.now())
        clock.shift(DAY / 2)
    assert [notice.step for notice in Notice.objects.order_by("pk")] == steps


def test_pol6_a_token_that_was_shortened_is_mailed_of_at_its_new_steps(
    alice: User, application: TrustedApplication, clock: Any
) -> None:
    pat_for(300, alice, application, description="x")
    clock.shift(20 * DAY)
    ends_at = timezone.now() + 10 * DAY
    tokens = ReferenceToken.objects.all()
    shorten_tokens(
        actor=OPERATOR,
        tokens=tokens,
        target=application_target(application),
        expires_at=ends_at,
        now=timezone.now(),
    )
    sent = housekeeping_every_day(clock, 11, at=timezone.now())
    assert days_before(sent["x alice@example.com"], ends_at) == [7, 1]


@pytest.mark.parametrize("cause", ["application", "holder", "address"])
def test_tok15_what_cannot_be_used_or_told_now_is_mailed_of_when_it_can(
    alice: User, application: TrustedApplication, clock: Any, cause: str
) -> None:
    causes: dict[str, tuple[Any, dict[str, Any], dict[str, Any]]] = {
        "application": (TrustedApplication.objects.all(), {"is_enabled": False}, {"is_enabled": True}),
        "holder": (User.objects.filter(pk=alice.pk), {"is_active": False}, {"is_active": True}),
        "address": (User.objects.filter(pk=alice.pk), {"email": ""}, {"email": "alice@example.com"}),
    }
    rows, off, on = causes[cause]
    pat_for(90, alice, application)
    rows.update(**off)
    clock.shift(80 * DAY)
    assert note_expiries(now=timezone.now()) == 0
    rows.update(**on)
    assert note_expiries(now=timezone.now()) == 1


@pytest.mark.parametrize("what", ["revoked", "suspended", "rotated", "next step"])
def test_tok15_a_mail_that_waited_until_it_was_untrue_is_dropped(
    alice: User, application: TrustedApplication, clock: Any, what: str
) -> None:
    token = pat_for(90, alice, application)
    clock.shift(80 * DAY)
    note_expiries(now=timezone.now())
    changes: dict[str, Any] = {
        "revoked": {"revoked_at": timezone.now()},
        "suspended": {"suspended_at": timezone.now()},
        "rotated": {},
        "next step": {"expires_at": timezone.now() + 2 * DAY},
    }[what]
    alter(token, **changes)
    if what == "rotated":
        alter(pat_for(60, alice, application), replaces=token)
    do_housekeeping(now=timezone.now())
    assert [message.subject for message in mail.outbox] == (
        [f"“Excel {token.hint}” expires in 2 days"] if what == "next step" else []
    )
    assert not Notice.objects.waiting().exists()


def test_tok9_a_token_resumed_inside_a_step_is_mailed_of_then(
    alice: User, application: TrustedApplication, clock: Any
) -> None:
    token = pat_for(90, alice, application)
    suspend_with_old_values(actor=OPERATOR, token_id=token.pk, now=timezone.now())
    clock.shift(80 * DAY)
    assert note_expiries(now=timezone.now()) == 0
    resume_token(actor=OPERATOR, token_id=token.pk, now=timezone.now())
    assert note_expiries(now=timezone.now()) == 1


@pytest.mark.django_db(transaction=True)
def test_tok15_several_machines_at_once_note_each_mail_once(
    alice: User, application: TrustedApplication, clock: Any
) -> None:
    for _ in range(5):
        pat_for(90, alice, application)
    now = NOON + 80 * DAY
    with threads() as start:
        results = outcomes(start, *[lambda: note_expiries(now=now)] * 4)
    assert sum(results) == 5
    assert Notice.objects.count() == 5


def test_mails_before_an_expiry_are_noted_in_portions_of_few_statements_between_which_others_may_write(
    alice: User, application: TrustedApplication, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reference_tokens.notices.noting.TOKENS_AT_ONCE", 4)
    for _ in range(10):
        pat_for(90, alice, application)
    clock.shift(80 * DAY)
    pauses: list[int] = []
    monkeypatch.setattr(noting, "let_others_write", lambda: pauses.append(Notice.objects.count()))
    with Statements() as statements:
        assert note_expiries(now=timezone.now()) == 10
    inserts = [sql for sql in statements.sql if sql.startswith("INSERT")]
    # For each of three portions: the notices, what links them to their tokens, and the outbox.
    assert len(inserts) == 9
    assert pauses == [4, 8, 10]
