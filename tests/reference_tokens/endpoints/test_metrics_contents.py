"""Contract 4.8: what can be read from `/metrics` besides the answers, and that Prometheus reads it."""

from __future__ import annotations

import subprocess
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from accounts import events
from accounts.events import Event
from accounts.models import OutboxEntry, User
from reference_tokens.endpoints.metrics.exposition import Sample, counter, gauge, text_of
from reference_tokens.endpoints.metrics.server import began_at, memory_of, processes
from reference_tokens.maintenance.audit_log import LOG
from reference_tokens.maintenance.housekeeping import HOUSEKEEPING
from reference_tokens.maintenance.token_numbers import keep_token_numbers
from reference_tokens.maintenance.worker import count_tokens
from reference_tokens.models import EventCount, Lease, ReferenceToken, TokenNumber, ValidationTime
from reference_tokens.usage.recorder import recorder
from tests.factories import issued_pat
from tests.introspection import FORM, credentials, introspect
from tests.programs import promtool
from tests.reference_tokens.endpoints.health import METRICS_TOKEN, fail
from tests.reference_tokens.endpoints.scrapes import Scrape, complaints, scrape
from tests.reference_tokens.usage.uses import NOON, process
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

DURATION = "reference_tokens_validation_duration_seconds"
VALIDATIONS = "reference_tokens_validations_total"
ONLY_HERE = "a door of these tests"


@pytest.fixture(autouse=True)
def metrics_token(settings: Any) -> None:
    settings.METRICS_TOKEN = METRICS_TOKEN


def test_validations_are_counted_by_door_and_outcome_with_how_long_they_took(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    recorder.flush()
    ValidationTime.objects.all().delete()
    token = issued_pat(alice, application).plaintext
    introspect(client, server, token)
    introspect(client, server, "x")
    client.get(f"/auth/resource/{server.client_id}", headers={"authorization": f"Bearer {token}"})
    recorder.flush()
    found = scrape(client)
    counts = {(labels["door"], labels["outcome"]): value for labels, value in found.samples(VALIDATIONS)}
    expected = {("introspection", "active"): 1, ("introspection", "malformed"): 1, ("forward_auth", "active"): 1}
    assert counts.items() >= expected.items()
    assert found.value(f"{DURATION}_count", door="introspection") == 2
    assert 0 < found.value(f"{DURATION}_sum", door="introspection") < 10


def test_a_histogram_adds_up_and_ends_with_all(client: Client) -> None:
    for seconds in (0.0004, 0.0005, 0.003, 7.5):
        made = process()
        made.note("active", at=NOON, door=ONLY_HERE, seconds=seconds)
        made.flush()
    found = scrape(client)
    buckets = {
        labels["le"]: value for labels, value in found.samples(f"{DURATION}_bucket") if labels["door"] == ONLY_HERE
    }
    assert buckets["0.0005"] == buckets["0.0025"] == 2
    assert buckets["0.005"] == buckets["5.0"] == 3
    assert buckets["+Inf"] == found.value(f"{DURATION}_count", door=ONLY_HERE) == 4
    assert found.value(f"{DURATION}_sum", door=ONLY_HERE) == pytest.approx(7.5039)


def test_what_waited_for_a_thread_counts_as_time(client: Client, server: Any) -> None:
    recorder.flush()
    ValidationTime.objects.all().delete()
    waits: Any = {"reference_tokens.arrived_at": 0.001}
    client.post("/oauth/introspect", "token=x", FORM, headers={"Authorization": credentials(server)}, **waits)
    recorder.flush()
    assert ValidationTime.objects.filter(door="introspection", outcome="malformed").get().within == "+Inf"


def test_what_happened_is_counted_over_all_processes_and_zero_before(client: Client) -> None:
    recorder.flush()
    EventCount.objects.all().delete()
    assert scrape(client).value("reference_tokens_sign_ins_failed_total") == 0
    for number in (2, 3):
        events.count(Event.SIGN_IN_FAILED, number)
        process().flush()
    events.count(Event.USE_LOST, 0)
    process().flush()
    found = scrape(client)
    assert found.value("reference_tokens_sign_ins_failed_total") == 5
    assert found.value("reference_tokens_uses_lost_total") == 0


def test_what_could_not_be_written_is_counted_later() -> None:
    recorder.flush()
    EventCount.objects.all().delete()
    made = process()
    events.count(Event.SECOND_FACTOR_FAILED)
    with connection.execute_wrapper(fail), pytest.raises(OperationalError):
        made.flush()
    made.flush()
    assert EventCount.objects.get(event="second_factor_failed").count == 1


def test_tokens_are_counted_by_what_they_are(client: Client, alice: User, application: TrustedApplication) -> None:
    now = timezone.now()
    for days in (3, 20, 90):
        issued_pat(alice, application, expires_at=now + timedelta(days=days))
    suspended = issued_pat(alice, application, expires_at=now + timedelta(days=5)).token
    ReferenceToken.objects.filter(pk=suspended.pk).update(suspended_at=now)
    ReferenceToken.objects.filter(pk=issued_pat(alice, application).token.pk).update(revoked_at=now, exposed_at=now)
    TrustedApplication.objects.filter(pk=application.pk).update(max_lifetime_days=30)
    assert not scrape(client).samples("reference_tokens_tokens")
    keep_token_numbers(now)
    found = scrape(client)
    assert found.value("reference_tokens_tokens", state="live") == 3
    assert found.value("reference_tokens_tokens", state="suspended") == 1
    assert found.value("reference_tokens_tokens_expiring", within_days="7") == 2
    assert found.value("reference_tokens_tokens_expiring", within_days="30") == 3
    assert found.value("reference_tokens_tokens_exposed") == 1
    assert found.value("reference_tokens_tokens_outside_policy") == 1
    assert found.value("reference_tokens_tokens_counted_timestamp_seconds") == pytest.approx(now.timestamp(), abs=60)


def test_no_application_has_no_token_outside_policy() -> None:
    TrustedApplication.objects.all().delete()
    keep_token_numbers(timezone.now())
    assert set(TokenNumber.objects.values_list("number", flat=True)) == {0}


def test_tokens_are_counted_by_one_process_every_five_minutes_where_anybody_may_ask(settings: Any) -> None:
    now = timezone.now()
    settings.METRICS_TOKEN = ""
    count_tokens(now)
    assert not TokenNumber.objects.exists()
    settings.METRICS_TOKEN = METRICS_TOKEN
    count_tokens(now)
    assert TokenNumber.objects.exists()
    TokenNumber.objects.all().delete()
    count_tokens(now + timedelta(minutes=4))
    assert not TokenNumber.objects.exists()
    count_tokens(now + timedelta(minutes=5))
    assert TokenNumber.objects.exists()


def test_a_count_that_fails_is_logged_and_holds_up_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with connection.execute_wrapper(fail):
        count_tokens(timezone.now())
    assert "tokens could not be counted" in caplog.text


@pytest.mark.mails_wait
def test_messages_of_webhooks_and_mails_that_wait_have_an_age(client: Client) -> None:
    OutboxEntry.objects.all().delete()
    since = timezone.now() - timedelta(minutes=10)
    for queue in ("", "webhook 1", "webhook 2"):
        OutboxEntry.objects.create(kind="x", queue=queue, is_urgent=False, created_at=since, due_at=since)
    found = scrape(client)
    assert found.value("reference_tokens_mails_waiting") == 1
    assert found.value("reference_tokens_webhook_messages_waiting") == 2
    assert found.value("reference_tokens_webhook_messages_oldest_age_seconds") == pytest.approx(600, abs=30)
    OutboxEntry.objects.all().delete()
    assert scrape(client).value("reference_tokens_mails_oldest_age_seconds") == 0


def test_failed_housekeeping_and_a_broken_audit_log_are_told(client: Client) -> None:
    now = timezone.now()
    Lease.objects.all().delete()
    assert scrape(client).value("reference_tokens_housekeeping_failed") == 0
    for name in (HOUSEKEEPING, LOG):
        Lease.objects.create(name=name, until=now, failed_at=now)
    found = scrape(client)
    assert found.value("reference_tokens_housekeeping_failed") == found.value("reference_tokens_audit_log_broken") == 1


def test_entries_that_wait_for_a_log_system_are_told_where_there_is_one(client: Client, settings: Any) -> None:
    assert not scrape(client).samples("reference_tokens_audit_entries_waiting")
    settings.AUDIT_STREAM = "-"
    assert scrape(client).value("reference_tokens_audit_entries_waiting") >= 0


def test_the_server_tells_what_it_is_built_of_and_what_it_takes(client: Client, settings: Any) -> None:
    found = scrape(client)
    ((labels, value),) = found.samples("reference_tokens_build_info")
    assert value == 1
    assert set(labels) == {"version", "python", "django", "database"}
    assert labels["version"] == settings.VERSION
    assert found.value("reference_tokens_resident_memory_bytes") > 10_000_000
    assert found.value("reference_tokens_start_time_seconds") <= timezone.now().timestamp()
    assert 0 < found.value("reference_tokens_database_round_trip_seconds") < 5


def test_of_proc_processes_are_read_and_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = time.time()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as begun:
        # As `ProcSubset=pid` leaves it.
        for process_folder in Path("/proc").glob("[0-9]*"):
            (tmp_path / process_folder.name).symlink_to(process_folder)
        monkeypatch.setattr("reference_tokens.endpoints.metrics.server.PROCESSES", tmp_path)
        assert processes() is not None
        assert began_at(begun.pid) == pytest.approx(before, abs=2)


def test_where_linux_is_not_nothing_is_said_of_processes(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr("reference_tokens.endpoints.metrics.server.PROCESSES", tmp_path)
    assert processes() is None
    assert text_of([gauge("processes", "Nothing.", None)]) == ""


def test_a_process_that_has_just_ended_takes_no_memory() -> None:
    assert memory_of(2**22 + 1) == 0


def test_a_label_may_hold_anything() -> None:
    name = 'a "b"\\\nc'
    assert Scrape(text_of([counter("x_total", "X.", Sample(1.5, {"name": name}))])).samples(
        "reference_tokens_x_total"
    ) == [({"name": name}, 1.5)]


@pytest.mark.skipif(promtool() is None, reason="promtool is not installed")
def test_promtool_finds_nothing_wrong(client: Client, settings: Any) -> None:
    settings.AUDIT_STREAM = "-"
    made = process()
    made.note("active", at=NOON, door=ONLY_HERE, seconds=0.1)
    made.flush()
    keep_token_numbers(timezone.now())
    assert complaints(scrape(client).text) == ""
