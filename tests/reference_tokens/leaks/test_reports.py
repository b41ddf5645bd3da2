"""T58: a report of leaked tokens revokes them at once, marks them, and is recorded; contract 4.7."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, OutboxEntry, User
from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.lifecycle.suspension import suspend_with_old_values
from reference_tokens.models import LeakReport, ReferenceToken, TokenUse
from reference_tokens.models.digests import HashKey
from reference_tokens.token_values import token_format
from tests.factories import alter, issued_pat, issued_sat, made_applications, rotated
from tests.introspection import Statements, is_active
from tests.reference_tokens.leaks.reporting import PLACE, report
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


def stored(issued: IssuedToken) -> ReferenceToken:
    return ReferenceToken.objects.select_related("leak_report").get(pk=issued.token.pk)


def is_exposed(issued: IssuedToken) -> bool:
    return stored(issued).exposed_at is not None


def test_t58_a_reported_token_is_good_no_more(client: Client, server: Any, issued: IssuedToken) -> None:
    other = issued_sat(made_applications().get())
    assert is_active(client, server, issued.plaintext)
    assert report(client, issued.plaintext).status_code == 202
    assert not is_active(client, server, issued.plaintext)
    assert is_active(client, server, other.plaintext)


def test_t58_the_token_says_that_it_was_reported_and_where_it_was_seen(client: Client, issued: IssuedToken) -> None:
    report(client, issued.plaintext)
    token = stored(issued)
    assert token.exposed_at == token.revoked_at
    assert token.leak_report
    assert (token.leak_report.place, token.leak_report.origin) == (PLACE, "anybody")
    assert token.why_revoked.in_words() == f"Reported as leaked, seen at {PLACE}"
    assert (token.revoked_by, token.revocation_source, token.revocation_code) == (None, "api", "exposed")


def test_t58_a_report_that_does_not_say_where_is_taken(client: Client, issued: IssuedToken) -> None:
    report(client, issued.plaintext, url=None)
    assert stored(issued).why_revoked.in_words() == "Reported as leaked"


def test_t58_a_report_of_many_tokens_revokes_each_of_them(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    many = [issued_pat(alice, application), issued_sat(application), issued_pat(alice, application)]
    report(client, *(issued.plaintext for issued in many), token_format.generate(), "nonsense", many[0].plaintext)
    assert all(is_exposed(issued) and stored(issued).revoked_at for issued in many)
    assert LeakReport.objects.count() == 1


def test_t58_with_the_newest_token_of_a_chain_its_old_values_are_revoked_and_not_marked(
    client: Client, issued: IssuedToken
) -> None:
    newest = rotated(issued.token)
    report(client, newest.plaintext)
    assert stored(issued).revoked_at
    assert not is_exposed(issued)
    assert is_exposed(newest)


def test_t58_an_old_value_is_revoked_alone(client: Client, server: Any, issued: IssuedToken) -> None:
    newest = rotated(issued.token)
    report(client, issued.plaintext)
    assert not is_active(client, server, issued.plaintext)
    assert is_active(client, server, newest.plaintext)


def test_t58_a_suspended_token_is_revoked(client: Client, issued: IssuedToken) -> None:
    suspend_with_old_values(actor=OPERATOR, token_id=issued.token.pk, now=timezone.now())
    report(client, issued.plaintext)
    assert stored(issued).revoked_at


def test_t58_a_token_that_was_revoked_before_is_marked_and_keeps_its_reason(
    client: Client, issued: IssuedToken
) -> None:
    revoke_token(actor=OPERATOR, token_id=issued.token.pk, now=timezone.now(), reason="Lost")
    before = stored(issued).revoked_at
    report(client, issued.plaintext)
    assert is_exposed(issued)
    assert (stored(issued).revoked_at, stored(issued).revocation_reason) == (before, "Lost")


def test_t58_a_token_that_had_expired_is_marked_and_stays_expired(client: Client, issued: IssuedToken) -> None:
    now = timezone.now()
    alter(issued.token, issued_at=now - timedelta(days=2), expires_at=now - timedelta(days=1))
    report(client, issued.plaintext)
    assert is_exposed(issued)
    assert stored(issued).state(now) == ReferenceToken.State.EXPIRED


def test_t58_a_used_token_leaves_the_order_of_lists(client: Client, issued: IssuedToken) -> None:
    alter(issued.token, last_used_at=timezone.now())
    report(client, issued.plaintext)
    assert TokenUse.objects.get().is_revoked


def test_aud1_a_report_is_recorded_with_its_counts_and_place(client: Client, issued: IssuedToken) -> None:
    report(client, issued.plaintext, token_format.generate(), "nonsense")
    revoked, reported = AuditEvent.objects.order_by("-seq")[:2][::-1]
    assert (revoked.action, reported.action) == ("token:revoke_many", "leak:report")
    assert (reported.source, reported.actor_type, reported.address) == ("api", "leak_reporter", "127.0.0.1")
    assert (reported.target_type, reported.target_id) == ("leak_report", str(LeakReport.objects.get().pk))
    assert reported.details == {"origin": "anybody", "place": PLACE, "reported": 3, "found": 1, "revoked": 1}
    assert revoked.details["chosen_by"] == {"leak_report": reported.target_id}
    assert revoked.at == reported.at == stored(issued).exposed_at


def test_t58_a_second_report_of_the_same_token_changes_and_tells_nothing(
    client: Client, ada: User, issued: IssuedToken
) -> None:
    report(client, issued.plaintext)
    before = (stored(issued).exposed_at, AuditEvent.objects.count(), OutboxEntry.objects.count())
    again = report(client, issued.plaintext, url="https://elsewhere.example/")
    assert (again.status_code, again.content) == (202, b"{}")
    assert (stored(issued).exposed_at, AuditEvent.objects.count(), OutboxEntry.objects.count()) == before


def test_t58_of_two_reports_at_once_the_second_finds_nothing_left(
    client: Client, issued: IssuedToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is committed while this one waits for the locks."""
    other = LeakReport.objects.create(origin="anybody", received_at=timezone.now())
    monkeypatch.setattr(
        "reference_tokens.leaks.reports.lock_rows",
        lambda rows: rows.update(exposed_at=other.received_at, leak_report=other),
    )
    assert report(client, issued.plaintext).status_code == 202
    assert stored(issued).leak_report == other
    assert not AuditEvent.objects.filter(action="leak:report").exists()


def test_t58_values_that_are_no_tokens_are_not_looked_for(client: Client) -> None:
    report(client, token_format.generate())
    with Statements() as statements:
        report(client, *(f"enrt_{number:064X}" for number in range(1_000)))
    assert statements.about_tokens == []
    assert len(statements.sql) == 1


def test_t58_a_thousand_random_tokens_are_looked_for_in_one_query_and_nothing_is_written(client: Client) -> None:
    with Statements() as statements:
        report(client, *(token_format.generate() for _number in range(1_000)))
    assert len(statements.about_tokens) == 1
    # The other two count the report, and ask whether every key is here.
    assert len(statements.sql) == 3
    assert not LeakReport.objects.exists()
    assert not AuditEvent.objects.exists()


def test_t58_a_report_of_many_takes_no_more_statements_than_one_of_few(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    def statements_for(number: int) -> int:
        found = [issued_pat(alice, application).plaintext for _each in range(number)]
        with Statements() as statements:
            report(client, *found)
        return len(statements.sql)

    assert statements_for(2) == statements_for(20)


def test_t58_a_key_that_is_missing_is_503_and_nothing_is_done(client: Client, issued: IssuedToken) -> None:
    HashKey.objects.create(id="0123456789abcdef")
    response = report(client, issued.plaintext)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert not is_exposed(issued)


@pytest.mark.django_db(transaction=True)
def test_t58_a_report_is_done_as_a_whole_or_not_at_all(
    client: Client, issued: IssuedToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: Any, **_named: Any) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr("reference_tokens.leaks.reports.record_event", fail)
    assert report(client, issued.plaintext).status_code == 503
    assert (stored(issued).revoked_at, stored(issued).exposed_at) == (None, None)
    assert not connection.in_atomic_block
