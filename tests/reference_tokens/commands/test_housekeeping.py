from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import DatabaseError, connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.audit.record import OPERATOR
from accounts.models import EmailChange, PasswordReset, User
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.maintenance import housekeeping
from reference_tokens.maintenance.housekeeping import HOUSEKEEPING, do_housekeeping
from reference_tokens.maintenance.worker import HOUR, take_lease
from reference_tokens.models import AnswerCount, DailyUse, Notice, RefusalCount
from tests.command_line import Runner, manage, nothing_stored, watched
from tests.factories import UserFactory, alter, issued_pat, issued_sat
from tests.introspection import Statements, plan
from trusted_apps.models import TrustedApplication

DAY = timedelta(days=1)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def alice(db: None) -> User:
    return UserFactory.create(username="alice", email="alice@example.com")


def removed(command: Runner) -> dict[str, int]:
    """What housekeeping removes, but for what there was none of."""
    counts = command("housekeeping", "--json").json["removed"]
    return {name: count for name, count in counts.items() if count}


def test_nothing_to_do_is_all_zeros(command: Runner) -> None:
    # That it was done is what it stores.
    command("housekeeping")
    with nothing_stored():
        document = command("housekeeping", "--json").json
    counts = document.pop("removed")
    assert document.pop("last_done_at")
    assert document == {
        "expiry_mails": 0,
        "unused_warned": 0,
        "unused_suspended": 0,
        "mails_sent": 0,
        "mails_waiting": 0,
        "people_without_address": 0,
        "applications_without_owner": 0,
        "audit_log_broken": "",
        "anchor_fault": "",
        "fence_fault": "",
    }
    kinds = "daily_uses answer_counts refusals sessions devices attempt_counts email_changes password_resets notices"
    kinds += " webhook_deliveries repeatable_answers lookup_digests audit_entries"
    assert counts == dict.fromkeys(kinds.split(), 0)


def test_it_says_when_it_was_last_done(command: Runner) -> None:
    noon = datetime(2027, 1, 31, 12, tzinfo=UTC)
    with time_machine.travel(noon, tick=False):
        assert "Last done before this: never" in command("housekeeping").stdout
    assert command("housekeeping", "--json").json["last_done_at"] == "2027-01-31T12:00:00+00:00"


def test_after_the_command_the_server_waits_for_no_lease(command: Runner) -> None:
    command("housekeeping")
    assert take_lease(HOUSEKEEPING, HOUR, timezone.now())


def test_tok15_it_notes_and_sends_the_mails_and_the_second_time_none(
    command: Runner, alice: User, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application, expires_at=timezone.now() + 90 * DAY).token
    alter(token, issued_at=timezone.now() - 60 * DAY, expires_at=timezone.now() + 20 * DAY)
    first, second = (command("housekeeping", "--json").json for _ in range(2))
    assert (first["expiry_mails"], first["mails_sent"], first["mails_waiting"]) == (1, 1, 0)
    assert (second["expiry_mails"], second["mails_sent"]) == (0, 0)
    assert len(mail.outbox) == 1


def test_tok15_mails_that_wait_are_counted(
    command: Runner, alice: User, application: TrustedApplication, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    revoke_token(actor=OPERATOR, token_id=issued_pat(alice, application).token.pk, now=timezone.now())
    document = command("housekeeping", "--json").json
    assert (document["mails_sent"], document["mails_waiting"]) == (0, 1)


def test_tok15_whom_no_mail_can_reach_is_counted(command: Runner, alice: User, application: TrustedApplication) -> None:
    silent, gone = UserFactory.create(), UserFactory.create()
    for person in (alice, silent, silent, gone):
        issued_pat(person, application)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    issued_sat(application)
    issued_sat(application)

    def unreachable_owners() -> list[Any]:
        document = command("housekeeping", "--json").json
        return [document["people_without_address"], document["applications_without_owner"]]

    assert unreachable_owners() == [1, 1]
    application.owners.set([silent])
    assert unreachable_owners() == [1, 1]
    application.owners.set([silent, alice])
    assert unreachable_owners() == [1, 0]


def test_counts_older_than_400_days_are_removed(command: Runner, alice: User, application: TrustedApplication) -> None:
    token, today = issued_pat(alice, application).token, timezone.now().date()
    for age in (0, 400, 401, 2000):
        DailyUse.objects.create(token=token, day=today - age * DAY)
        AnswerCount.objects.create(client_id="", outcome="active", day=today - age * DAY)
    assert removed(command) == {"daily_uses": 2, "answer_counts": 2}
    assert removed(command) == {}


def test_t45_expired_sessions_are_removed_and_the_devices_that_stood_for_them(command: Runner, alice: User) -> None:
    now = timezone.now()
    for key, expires_at, seen_at in (
        ("alive", now + DAY, now),
        ("expired", now - DAY, now - 2 * DAY),
        ("gone", None, now - 2 * DAY),
        ("just begun", None, now),
    ):
        UserSession.objects.create(session_key=key, user=alice, ip="192.0.2.1", last_seen_at=seen_at)
        if expires_at:
            Session.objects.create(session_key=key, session_data="", expire_date=expires_at)
    assert removed(command) == {"sessions": 1, "devices": 2}
    assert set(UserSession.objects.values_list("session_key", flat=True)) == {"alive", "just begun"}
    assert Session.objects.get().session_key == "alive"


def test_links_that_confirm_an_address_are_removed_when_they_are_dead(command: Runner, alice: User) -> None:
    now = timezone.now()
    for user, asked_at in ((alice, now), (UserFactory.create(), now - DAY)):
        EmailChange.objects.create(user=user, email="new@example.com", digest=bytes(32), asked_at=asked_at)
    assert removed(command) == {"email_changes": 1}
    assert EmailChange.objects.get().user == alice


def test_links_that_let_choose_a_password_are_removed_when_they_are_dead(command: Runner, alice: User) -> None:
    now = timezone.now()
    for number, asked_at in enumerate((now, now - timedelta(hours=1))):
        PasswordReset.objects.create(user=alice, email="", digest=bytes([number]), asked_at=asked_at)
    assert removed(command) == {"password_resets": 1}
    assert PasswordReset.objects.get().asked_at == now


def test_sent_notices_are_removed_after_90_days_and_those_that_wait_never(
    command: Runner, alice: User, application: TrustedApplication
) -> None:
    token, now = issued_pat(alice, application).token, timezone.now()
    for number, done_at in enumerate((now, now - 89 * DAY, now - 91 * DAY, None)):
        notice = Notice.objects.create(
            kind="revocation",
            recipient=alice,
            cause=str(number),
            created_at=now - 100 * DAY,
            done_at=done_at,
        )
        notice.tokens.add(token)
    assert removed(command) == {"notices": 1}
    assert sorted(Notice.objects.values_list("cause", flat=True)) == ["0", "1", "3"]


def test_many_rows_are_removed_in_portions_between_which_others_may_write(
    command: Runner, alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reference_tokens.maintenance.housekeeping.ROWS_AT_ONCE", 2)
    token, today = issued_pat(alice, application).token, timezone.now().date()
    DailyUse.objects.bulk_create([DailyUse(token=token, day=today - (500 + age) * DAY) for age in range(5)])
    left: list[int] = []
    monkeypatch.setattr(housekeeping, "let_others_write", lambda: left.append(DailyUse.objects.count()))
    assert removed(command) == {"daily_uses": 5}
    assert left == [3, 1, 0]


@pytest.mark.django_db(transaction=True)
def test_a_crash_in_the_middle_leaves_whole_portions_and_the_next_run_does_the_rest(
    alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reference_tokens.maintenance.housekeeping.ROWS_AT_ONCE", 2)
    token, today = issued_pat(alice, application).token, timezone.now().date()
    DailyUse.objects.bulk_create([DailyUse(token=token, day=today - (500 + age) * DAY) for age in range(5)])
    left = []

    def crash_at_the_second_deletion(execute: Any, sql: str, *args: Any) -> Any:
        if sql.startswith('DELETE FROM "reference_tokens_dailyuse"'):
            left.append(DailyUse.objects.count())
            if len(left) == 2:
                raise DatabaseError("gone")
        return execute(sql, *args)

    with connection.execute_wrapper(crash_at_the_second_deletion), pytest.raises(DatabaseError):
        do_housekeeping(now=timezone.now())
    assert (left, DailyUse.objects.count()) == ([5, 3], 3)
    assert do_housekeeping(now=timezone.now())["removed"]["daily_uses"] == 3


def test_what_links_a_mail_to_very_many_tokens_is_removed_in_portions_too(
    alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reference_tokens.maintenance.housekeeping.ROWS_AT_ONCE", 2)
    now = timezone.now()
    notice = Notice.objects.create(
        kind=Notice.Kind.REVOCATION, recipient=alice, cause="many", created_at=now, done_at=now - 100 * DAY
    )
    notice.tokens.set([issued_pat(alice, application).token for _ in range(5)])
    with Statements() as statements:
        assert do_housekeeping(now=now)["removed"]["notices"] == 1
    links = [sql for sql in statements.sql if sql.startswith('DELETE FROM "reference_tokens_notice_tokens"')]
    assert len([sql for sql in links if '"id" IN' in sql]) == 3
    assert not Notice.tokens.through.objects.exists()


# PostgreSQL chooses by what the tables hold, and in a test they are empty.
@pytest.mark.once
@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (DailyUse.objects.filter(day__lt=date(2026, 1, 1)).order_by("day"), "daily_use_by_day"),
        (
            RefusalCount.objects.filter(minute__lt=LONG_AGO).order_by("minute"),
            "refusal_by_minute",
        ),
        (Notice.objects.filter(done_at__lt=LONG_AGO).order_by("done_at"), "notice_by_end"),
    ],
)
@pytest.mark.django_db
def test_what_is_too_old_is_found_by_an_index(rows: Any, index: str) -> None:
    assert index in plan(rows)
    assert "TEMP B-TREE" not in plan(rows)


def test_a_person_reads_lines(command: Runner) -> None:
    outcome = command("housekeeping")
    assert (outcome.status, outcome.stderr) == (0, "")
    assert outcome.stdout.splitlines()[:4] == [
        "Mails noted before an expiry: 0",
        "Unused tokens: 0 warned of, 0 suspended",
        "Mails sent: 0, waiting: 0",
        (
            "Removed: daily uses 0, answer counts 0, refusals 0, sessions 0, devices 0, "
            "attempt counts 0, email changes 0, password resets 0, notices 0, webhook deliveries 0, "
            "repeatable answers 0, lookup digests 0, audit entries 0"
        ),
    ]


@pytest.mark.once
def test_housekeeping_refuses_wrong_usage(command: Runner) -> None:
    assert command("housekeeping", "extra").is_wrong_usage


@pytest.mark.once
def test_progress_is_shown_on_a_terminal_alone(tmp_path: Path) -> None:
    settings = {"DATA_DIR": str(tmp_path)}
    manage("migrate", "--verbosity", "0", **settings)
    assert manage("housekeeping", "--json", **settings).stderr == ""
    with watched("housekeeping", "--json", **settings) as (process, terminal):
        terminal.read_to_the_end()
        answer, _none = process.communicate(timeout=60)
    assert answer.startswith('{"expiry_mails": 0')
    assert terminal.words.index("Tokens that expire soon") < terminal.words.index("Mails")
    assert (terminal.left, terminal.hides_its_cursor) == ("", False)


def test_what_is_done_is_counted_for_whoever_watches(
    alice: User, application: TrustedApplication, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reference_tokens.maintenance.housekeeping.ROWS_AT_ONCE", 2)
    settings.UNUSED_SUSPEND_DAYS = 90
    now = timezone.now()
    token = issued_pat(alice, application).token
    alter(token, issued_at=now - 80 * DAY, expires_at=now + 6 * DAY)
    DailyUse.objects.bulk_create([DailyUse(token=token, day=now.date() - (500 + age) * DAY) for age in range(3)])
    reports: list[tuple[str, int, int | None]] = []
    do_housekeeping(now=now, report=lambda text, done=0, total=None: reports.append((text, done, total)))
    assert [report for report in reports if report[1]] == [
        ("Tokens that expire soon", 1, 1),
        ("Unused tokens that will be suspended", 1, 1),
        ("Mails", 1, 2),
        ("Mails", 2, 2),
        ("What is of no use any more: daily uses", 2, None),
        ("What is of no use any more: daily uses", 3, None),
    ]
