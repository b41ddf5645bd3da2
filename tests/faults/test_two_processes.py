"""T9, VAL-2, TOK-8, TOK-13: two worker processes over one store; what one commits the other answers."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import ReferenceToken, ResourceServer
from tests.factories import issued_pat
from tests.gunicorn import Gunicorn, gunicorn, worker_ids
from tests.introspection import INACTIVE
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db(transaction=True)

QUESTIONS = 6


def answers(live: Gunicorn, server: Any, token: str) -> set[bytes]:
    """What several connections at once are told, so that both workers are asked."""
    with ThreadPoolExecutor(QUESTIONS) as pool:
        found = list(pool.map(lambda _number: live.introspect(server, token), range(QUESTIONS)))
    assert {answer.status for answer in found} == {200}
    return {answer.body for answer in found}


def test_t9_no_process_answers_stale_after_a_revocation_has_returned(
    live_gunicorn: Gunicorn, server: Any, alice: User, application: TrustedApplication
) -> None:
    tokens = [issued_pat(alice, application) for _ in range(50)]
    assert INACTIVE not in answers(live_gunicorn, server, tokens[0].plaintext)
    stale = []
    for issued in tokens:
        assert b'"active": true' in live_gunicorn.introspect(server, issued.plaintext).body
        revoke_token(actor=OPERATOR, token_id=issued.token.pk, now=timezone.now())
        if answers(live_gunicorn, server, issued.plaintext) != {INACTIVE}:
            stale.append(issued.token.pk)
    assert stale == []


def test_t22_no_process_lets_a_disabled_server_in(
    live_gunicorn: Gunicorn, server: Any, alice: User, application: TrustedApplication
) -> None:
    plaintext = issued_pat(alice, application).plaintext
    assert INACTIVE not in answers(live_gunicorn, server, plaintext)
    ResourceServer.objects.update(is_enabled=False)
    assert {live_gunicorn.introspect(server, plaintext).status for _ in range(QUESTIONS)} == {401}


@pytest.mark.parametrize("column", ["application", "holder"])
def test_t7_no_process_answers_stale_after_a_deactivation(
    live_gunicorn: Gunicorn, server: Any, alice: User, application: TrustedApplication, column: str
) -> None:
    plaintext = issued_pat(alice, application).plaintext
    assert INACTIVE not in answers(live_gunicorn, server, plaintext)
    if column == "application":
        TrustedApplication.objects.update(is_enabled=False)
    else:
        User.objects.filter(pk=alice.pk).update(is_active=False)
    assert answers(live_gunicorn, server, plaintext) == {INACTIVE}


def test_tok13_a_stopped_server_has_written_every_last_use(
    server: Any, alice: User, application: TrustedApplication, tmp_path: Path
) -> None:
    tokens = [issued_pat(alice, application).plaintext for _ in range(10)]
    with gunicorn(tmp_path, LAST_USED_FLUSH_SECONDS="5") as live:
        for plaintext in tokens:
            live.introspect(server, plaintext)
    assert not ReferenceToken.objects.filter(first_used_at=None).exists()
    assert set(ReferenceToken.objects.values_list("use__last_used_server", flat=True)) == {server.pk}


def test_tok2_the_server_does_not_start_without_a_key_that_is_needed(
    alice: User, application: TrustedApplication, tmp_path: Path
) -> None:
    issued_pat(alice, application)
    other = "another-0123456789abcdefghijklmnopqrstuvwxyz"
    with pytest.raises(AssertionError) as caught, gunicorn(tmp_path, TOKEN_HASH_KEYS=other):
        pass
    assert "TOKEN_HASH_KEYS: 1 live tokens or secrets need a key that is not in it" in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_t60_a_killed_worker_is_replaced_and_answers_as_before(
    server: Any, alice: User, application: TrustedApplication, tmp_path: Path
) -> None:
    good, revoked = issued_pat(alice, application), issued_pat(alice, application)
    with gunicorn(tmp_path) as live:
        revoke_token(actor=OPERATOR, token_id=revoked.token.pk, now=timezone.now())
        before = worker_ids(live)
        os.kill(before[0], signal.SIGKILL)
        deadline = time.monotonic() + 60
        while before[0] in worker_ids(live) or len(worker_ids(live)) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert answers(live, server, revoked.plaintext) == {INACTIVE}
        assert INACTIVE not in answers(live, server, good.plaintext)
