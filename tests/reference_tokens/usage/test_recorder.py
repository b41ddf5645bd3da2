"""TOK-13: when tokens were last used: what a batch writes, and what becomes of one that fails."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from reference_tokens.models import Door, ReferenceToken
from reference_tokens.usage.recorder import UsageRecorder, recorder
from reference_tokens.validation.validate import validate
from tests.factories import alter, issued_pat
from tests.introspection import Statements, introspect
from tests.reference_tokens.usage.uses import NOON, SECOND, fail, last_used, note_use
from trusted_apps.models import TrustedApplication

# --- What is noted ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_tok13_a_validation_is_noted_with_the_server_and_to_the_second(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    at = timezone.now()
    with time_machine.travel(at, tick=False):
        introspect(client, server, issued.plaintext)
    assert last_used(issued.token) is None
    assert recorder.flush() == 1
    assert last_used(issued.token) == at.replace(microsecond=0)
    assert (issued.token.use.last_used_server, issued.token.use.last_used_address) == (server, None)


@pytest.mark.django_db
def test_tok13_a_use_without_a_server_is_noted_with_its_address(alice: User, application: TrustedApplication) -> None:
    issued = issued_pat(alice, application)
    validate(issued.plaintext, now=NOON.replace(year=2026), door=Door.TOKEN_ITSELF, address="2001:db8::1")
    recorder.flush()
    issued.token.refresh_from_db()
    assert (issued.token.use.last_used_server, issued.token.use.last_used_address) == (None, "2001:db8::1")


@pytest.mark.django_db
def test_tok13_an_inactive_token_is_not_used(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    alter(issued.token, revoked_at=timezone.now())
    introspect(client, server, issued.plaintext)
    assert recorder.flush() == 0


# --- What is written -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_tok13_many_uses_of_a_token_are_one_write_of_the_last(token: ReferenceToken, quiet: UsageRecorder) -> None:
    alter(token, last_used_at=NOON)
    for second in range(50):
        note_use(quiet, token.pk, NOON + second * SECOND)
    with Statements() as statements:
        assert quiet.flush() == 1
    assert len([sql for sql in statements.about_uses if "UPDATE" in sql and "FOR NO KEY" not in sql]) == 1
    assert last_used(token) == NOON + 49 * SECOND


@pytest.mark.django_db
def test_tok13_uses_of_two_requests_may_be_noted_in_any_order(token: ReferenceToken, quiet: UsageRecorder) -> None:
    note_use(quiet, token.pk, NOON + SECOND)
    note_use(quiet, token.pk, NOON)
    quiet.flush()
    assert last_used(token) == NOON + SECOND


@pytest.mark.django_db
def test_tok13_a_stored_time_is_never_moved_backwards(token: ReferenceToken, quiet: UsageRecorder) -> None:
    for at in (NOON + SECOND, NOON):
        note_use(quiet, token.pk, at, (None, "192.0.2.1" if at == NOON else None))
        quiet.flush()
    assert last_used(token) == NOON + SECOND
    assert token.use.last_used_address is None


@pytest.mark.django_db
def test_tok13_nothing_noted_writes_nothing(quiet: UsageRecorder) -> None:
    with Statements() as statements:
        assert quiet.flush() == 0
    assert statements.sql == []


@pytest.mark.django_db
def test_tok13_a_token_that_is_gone_is_no_error(quiet: UsageRecorder) -> None:
    note_use(quiet, uuid.uuid4())
    assert quiet.flush() == 1


@pytest.mark.django_db(transaction=True)
def test_tok13_a_resource_server_that_is_gone_does_not_hold_up_the_batch(
    server: Any, token: ReferenceToken, quiet: UsageRecorder
) -> None:
    note_use(quiet, token.pk, source=(server.pk, None))
    server.delete()
    quiet.flush()
    assert last_used(token) == NOON
    assert token.use.last_used_server is None


@pytest.mark.django_db
def test_tok13_a_failed_flush_keeps_its_batch_for_the_next(token: ReferenceToken, quiet: UsageRecorder) -> None:
    note_use(quiet, token.pk)
    with connection.execute_wrapper(fail), pytest.raises(OperationalError):
        quiet.flush()
    assert quiet.flush() == 1
    assert last_used(token) == NOON


@pytest.mark.django_db
def test_tok13_a_use_noted_during_a_failed_flush_wins_over_the_kept_one(
    token: ReferenceToken, quiet: UsageRecorder
) -> None:
    def note_and_fail(*_args: Any) -> None:
        note_use(quiet, token.pk, NOON + SECOND)
        fail()

    note_use(quiet, token.pk)
    with connection.execute_wrapper(note_and_fail), pytest.raises(OperationalError):
        quiet.flush()
    quiet.flush()
    assert last_used(token) == NOON + SECOND
