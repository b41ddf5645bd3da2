"""Contract 4.2, to the letter: what `POST /oauth/revoke` (RFC 7009) does to a token."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, User
from accounts.text.reasons import Reason
from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import AnswerCount, ReferenceToken
from reference_tokens.usage.recorder import recorder
from tests.factories import ApplicationFactory, ResourceServerFactory, alter, issued_pat, issued_sat
from tests.gunicorn import Gunicorn
from tests.introspection import REVOKE_PATH, UNKNOWN, credentials, is_active, revoke
from tests.reference_tokens.endpoints.revoking import NOTHING, is_empty_200, revocations, revoked_at
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(application: TrustedApplication) -> Any:
    """A Resource Server with the right to revoke, for one application."""
    made = ResourceServerFactory.create(asks_for_all_applications=False, may_revoke=True)
    made.applications.add(application)
    return made


@pytest.fixture
def issued(alice: User, application: TrustedApplication) -> IssuedToken:
    return issued_pat(alice, application)


def test_val5_a_token_is_revoked_at_once(client: Client, server: Any, issued: IssuedToken) -> None:
    assert is_active(client, server, issued.plaintext)
    assert is_empty_200(revoke(client, server, issued.plaintext))
    assert not is_active(client, server, issued.plaintext)


def test_val5_a_sat_is_revoked_too(client: Client, server: Any, application: TrustedApplication) -> None:
    issued = issued_sat(application)
    assert is_empty_200(revoke(client, server, issued.plaintext))
    assert revoked_at(issued)


def test_aud1_the_resource_server_stands_in_the_audit_log_and_at_the_token(
    client: Client, server: Any, issued: IssuedToken
) -> None:
    revoke(client, server, issued.plaintext)
    event = AuditEvent.objects.get(action="token:revoke")
    assert (event.source, event.actor_type, event.actor_id) == ("api", "resource_server", server.client_id)
    assert (event.target_type, event.target_id, event.address) == ("token", str(issued.token.pk), "127.0.0.1")
    stored = ReferenceToken.objects.get()
    assert (stored.revoked_by, stored.revocation_source) == (None, "api")
    assert stored.why_revoked == Reason.recorded(event.details)
    assert stored.why_revoked.in_words() == "Revoked by a Resource Server"


def test_val5_revoking_again_is_200_and_changes_nothing(client: Client, server: Any, issued: IssuedToken) -> None:
    with time_machine.travel(timezone.now() - timedelta(hours=1), tick=False):
        revoke_token(actor=OPERATOR, token_id=issued.token.pk, now=timezone.now(), reason="Lost")
    before = revoked_at(issued)
    assert is_empty_200(revoke(client, server, issued.plaintext))
    assert (revoked_at(issued), revocations()) == (before, 1)


@pytest.mark.parametrize("text", [UNKNOWN, "x", "enrt_\0", "Ż" * 69, "A" * 16_000])
def test_val5_what_is_no_token_is_200(client: Client, server: Any, issued: IssuedToken, text: str) -> None:
    assert is_empty_200(revoke(client, server, text))
    assert (revoked_at(issued), revocations()) == (None, 0)


def test_val3_the_token_of_another_application_stays_and_the_answer_is_the_same(
    client: Client, server: Any, alice: User, issued: IssuedToken
) -> None:
    foreign = issued_pat(alice, ApplicationFactory.create())
    mine, theirs = revoke(client, server, issued.plaintext), revoke(client, server, foreign.plaintext)
    assert is_empty_200(theirs)
    assert theirs.headers == mine.headers
    assert (revoked_at(foreign), revocations()) == (None, 1)


def test_val3_a_server_for_all_applications_revokes_any(client: Client, alice: User) -> None:
    server = ResourceServerFactory.create(may_revoke=True)
    issued = issued_pat(alice, ApplicationFactory.create())
    assert is_empty_200(revoke(client, server, issued.plaintext))
    assert revoked_at(issued)


def test_tok8_an_expired_token_stays_as_it_is(client: Client, server: Any, issued: IssuedToken) -> None:
    now = timezone.now()
    alter(issued.token, issued_at=now - timedelta(days=2), expires_at=now - timedelta(days=1))
    assert is_empty_200(revoke(client, server, issued.plaintext))
    assert (revoked_at(issued), revocations()) == (None, 0)


def test_tok8_a_suspended_token_is_revoked(client: Client, server: Any, issued: IssuedToken) -> None:
    alter(issued.token, suspended_at=timezone.now())
    assert is_empty_200(revoke(client, server, issued.plaintext))
    assert revoked_at(issued)


def test_tok8_a_token_of_a_disabled_application_is_revoked(client: Client, server: Any, issued: IssuedToken) -> None:
    TrustedApplication.objects.update(is_enabled=False)
    assert is_empty_200(revoke(client, server, issued.plaintext))
    assert revoked_at(issued)


def test_tok8_a_token_of_an_inactive_person_is_revoked(client: Client, server: Any, issued: IssuedToken) -> None:
    User.objects.update(is_active=False)
    assert is_empty_200(revoke(client, server, issued.plaintext))
    assert revoked_at(issued)


def test_tok13_revoking_is_no_use_and_no_answer(client: Client, server: Any, issued: IssuedToken) -> None:
    revoke(client, server, issued.plaintext)
    assert recorder.flush() == 0
    assert ReferenceToken.objects.get().last_used_at is None
    assert not AnswerCount.objects.filter(client_id=server.client_id).exists()


@pytest.mark.django_db(transaction=True)
def test_t9_over_a_socket_the_revocation_holds_in_every_process(
    live_gunicorn: Gunicorn, server: Any, issued: IssuedToken
) -> None:
    authorization = b"Authorization: " + credentials(server).encode()
    body = urlencode({"token": issued.plaintext}).encode()
    answer = live_gunicorn.post(body, authorization, path=REVOKE_PATH.encode())
    assert (answer.status, answer.body, answer.header("Content-Length")) == (200, NOTHING, "2")
    found = {live_gunicorn.introspect(server, issued.plaintext).body for _ in range(6)}
    assert found == {b'{"active": false}'}
