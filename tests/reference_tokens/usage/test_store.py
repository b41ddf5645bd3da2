"""TOK-13: daily counts and the last five sources of a token, in the batches of `usage`."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import Door, ReferenceToken
from reference_tokens.usage import sources
from reference_tokens.usage.recorder import UsageRecorder, recorder
from reference_tokens.validation.validate import validate
from tests.concurrency import outcomes, threads
from tests.factories import ResourceServerFactory, alter, issued_pat
from tests.introspection import introspect
from tests.reference_tokens.usage.uses import NOON, SECOND, days_of, note, note_refusal, note_use, process
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


def sources_of(token: ReferenceToken) -> list[str]:
    """The last used first."""
    token.refresh_from_db()
    return [source.name for source in sources.sources_of(token)]


# --- What is noted ---------------------------------------------------------------------------------------------------


def test_tok13_a_validation_by_a_server_is_counted_with_its_name(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    for _ in range(3):
        introspect(client, server, issued.plaintext)
    recorder.flush()
    assert days_of(issued.token) == {timezone.now().date(): (3, 0)}
    assert sources_of(issued.token) == [server.name]


def test_tok13_forward_auth_is_counted_with_the_address_of_the_client(
    client: Client, server: Any, alice: User, application: TrustedApplication, settings: Settings
) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    issued = issued_pat(alice, application)
    headers = {"authorization": f"Bearer {issued.plaintext}", "x-forwarded-for": "198.51.100.7, 2001:DB8::1"}
    for path in ("/auth/forward", f"/auth/resource/{server.client_id}"):
        assert client.get(path, headers=headers).status_code == 200
    recorder.flush()
    assert days_of(issued.token) == {timezone.now().date(): (2, 0)}
    assert sources_of(issued.token) == ["2001:db8::1"]


def test_tok13_a_stored_token_that_is_no_good_is_counted_as_refused(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    alter(issued.token, suspended_at=timezone.now())
    introspect(client, server, issued.plaintext)
    client.get("/api/token", headers={"authorization": f"Bearer {issued.plaintext}"})
    recorder.flush()
    assert days_of(issued.token) == {timezone.now().date(): (0, 2)}
    assert sources_of(issued.token) == []


def test_tok13_a_server_that_may_not_know_the_token_is_refused(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    introspect(client, ResourceServerFactory.create(asks_for_all_applications=False), issued.plaintext)
    recorder.flush()
    assert days_of(issued.token) == {timezone.now().date(): (0, 1)}


def test_tok13_what_is_no_stored_token_is_not_counted(client: Client, server: Any, token: ReferenceToken) -> None:
    for text in ("x", "enrt_" + "0" * 64):
        introspect(client, server, text)
    recorder.flush()
    assert days_of(token) == {}


def test_tok13_a_day_is_one_of_utc(alice: User, application: TrustedApplication) -> None:
    issued = issued_pat(alice, application, expires_at=timezone.now() + timedelta(days=300))
    midnight = (timezone.now() + timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0)
    with timezone.override("Pacific/Auckland"):
        for at in (midnight - SECOND, midnight):
            validate(issued.plaintext, now=at, door=Door.TOKEN_ITSELF)
    recorder.flush()
    assert days_of(issued.token) == {(midnight - SECOND).date(): (1, 0), midnight.date(): (1, 0)}


# --- What is written -------------------------------------------------------------------------------------------------


def test_tok13_batches_add_up(token: ReferenceToken, quiet: UsageRecorder) -> None:
    for count in (1, 4):
        for _ in range(count):
            note(quiet, token, NOON)
        note_refusal(quiet, token.pk)
        quiet.flush()
    assert days_of(token) == {NOON.date(): (5, 2)}


def test_tok13_five_sources_are_kept_the_last_used_ones(token: ReferenceToken, quiet: UsageRecorder) -> None:
    for number in range(7):
        note(quiet, token, NOON + number * SECOND, f"192.0.2.{number}")
    quiet.flush()
    assert sources_of(token) == [f"192.0.2.{number}" for number in (6, 5, 4, 3, 2)]
    note(quiet, token, NOON + 10 * SECOND, "192.0.2.2")
    note(quiet, token, NOON + 9 * SECOND, "192.0.2.9")
    quiet.flush()
    assert sources_of(token) == [f"192.0.2.{number}" for number in (2, 9, 6, 5, 4)]


def test_tok13_an_older_source_does_not_push_a_newer_one_out(token: ReferenceToken, quiet: UsageRecorder) -> None:
    for number in range(1, 6):
        note(quiet, token, NOON + number * SECOND, f"192.0.2.{number}")
    quiet.flush()
    note(quiet, token, NOON, "192.0.2.200")
    note(quiet, token, NOON, "192.0.2.5")
    quiet.flush()
    assert sources_of(token) == [f"192.0.2.{number}" for number in (5, 4, 3, 2, 1)]
    assert sources.sources_of(token)[0].last_used_at == NOON + 5 * SECOND


def test_tok13_a_use_without_any_source_is_counted_all_the_same(token: ReferenceToken, quiet: UsageRecorder) -> None:
    note(quiet, token, NOON, None)
    quiet.flush()
    assert days_of(token) == {NOON.date(): (1, 0)}
    assert sources_of(token) == []


def test_tok13_a_token_that_is_gone_does_not_hold_up_the_others(token: ReferenceToken, quiet: UsageRecorder) -> None:
    note_use(quiet, uuid.uuid4())
    note(quiet, token, NOON)
    quiet.flush()
    assert days_of(token) == {NOON.date(): (1, 0)}
    assert sources_of(token) == ["192.0.2.1"]


def test_tok13_a_failed_flush_keeps_counts_and_sources(token: ReferenceToken, quiet: UsageRecorder) -> None:
    def fail(*_args: Any) -> None:
        raise OperationalError("database is locked")

    note(quiet, token, NOON)
    with connection.execute_wrapper(fail), pytest.raises(OperationalError):
        quiet.flush()
    note(quiet, token, NOON + SECOND)
    quiet.flush()
    assert days_of(token) == {NOON.date(): (2, 0)}
    assert sources_of(token) == ["192.0.2.1"]


# --- Several processes -----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_tok13_processes_that_write_at_the_same_moment_lose_no_count(
    alice: User, application: TrustedApplication
) -> None:
    tokens = [issued_pat(alice, application).token for _ in range(3)]
    processes = [process() for _ in range(4)]
    for number, made in enumerate(processes):
        for token in tokens if number % 2 else tokens[::-1]:
            note(made, token, NOON + number * SECOND, f"192.0.2.{number}")
            note(made, token, NOON + number * SECOND, f"198.51.100.{number}")
            note_refusal(made, token.pk)
    with threads() as start:
        assert outcomes(start, *(made.flush for made in processes)) == [3] * 4
    for token in tokens:
        assert days_of(token) == {NOON.date(): (8, 4)}
        assert len(sources_of(token)) == 5
        assert sources_of(token)[0].endswith(".3")


def test_uses_of_a_token_that_is_revoked_leave_the_index_of_lists(token: ReferenceToken, quiet: UsageRecorder) -> None:
    note(quiet, token, NOON)
    quiet.flush()
    assert token.use.is_revoked is False
    revoke_token(actor=OPERATOR, token_id=token.pk, now=timezone.now())
    note_refusal(quiet, token.pk)
    quiet.flush()
    assert days_of(token) == {NOON.date(): (1, 1)}
    assert token.use.is_revoked is True


def test_a_token_that_was_refused_first_is_used_for_the_first_time_later(
    token: ReferenceToken, quiet: UsageRecorder
) -> None:
    note_refusal(quiet, token.pk)
    quiet.flush()
    token.refresh_from_db()
    assert (token.first_used_at, token.last_used_at) == (None, None)
    for at in (NOON + SECOND, NOON + 2 * SECOND):
        note(quiet, token, at)
        quiet.flush()
    assert days_of(token) == {NOON.date(): (2, 1)}
    assert (token.first_used_at, token.last_used_at) == (NOON + SECOND, NOON + 2 * SECOND)
