"""Contract 4.2, to the letter: `POST /oauth/revoke` (RFC 7009)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, User
from accounts.text.reasons import Reason
from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import AnswerCount, HashKey, ReferenceToken, ResourceServer
from reference_tokens.token_values import token_format
from reference_tokens.usage.recorder import recorder
from tests.factories import ApplicationFactory, ResourceServerFactory, alter, issued_pat, issued_sat
from tests.gunicorn import Gunicorn
from tests.introspection import REVOKE_PATH, UNKNOWN, Statements, basic, credentials, is_active, revoke
from tests.introspection import ask as ask_anywhere
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

NOTHING = b"{}"
ask = partial(ask_anywhere, path=REVOKE_PATH)


@pytest.fixture
def server(application: TrustedApplication) -> Any:
    """A Resource Server with the right to revoke, for one application."""
    made = ResourceServerFactory.create(asks_for_all_applications=False, may_revoke=True)
    made.applications.add(application)
    return made


@pytest.fixture
def issued(alice: User, application: TrustedApplication) -> IssuedToken:
    return issued_pat(alice, application)


def is_empty_200(response: Any) -> bool:
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response["Cache-Control"] == "no-store"
    return bool(response.content == NOTHING)


def refused(response: Any, status: int, error: str) -> bool:
    assert (response.status_code, response["Content-Type"]) == (status, "application/json")
    return bool(response.content == b'{"error": "' + error.encode() + b'"}')


def revoked_at(issued: IssuedToken) -> Any:
    return ReferenceToken.objects.get(pk=issued.token.pk).revoked_at


def revocations() -> int:
    return AuditEvent.objects.filter(action__startswith="token:revoke").count()


# --- 200 -------------------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "urn:nonsense", ""])
def test_val5_token_type_hint_is_only_a_hint(client: Client, server: Any, issued: IssuedToken, hint: str) -> None:
    body = urlencode({"token": issued.plaintext, "token_type_hint": hint, "unknown": "x"})
    assert is_empty_200(ask(client, body, credentials(server)))
    assert revoked_at(issued)


def test_val5_both_parts_may_stand_in_the_body(client: Client, server: Any, issued: IssuedToken) -> None:
    fields = {"token": issued.plaintext, "client_id": server.client_id, "client_secret": server.plain_secret}
    assert is_empty_200(ask(client, urlencode(fields)))
    assert revoked_at(issued)


# --- No right to revoke ----------------------------------------------------------------------------------------------


def test_val5_without_the_right_it_is_400_and_nothing_happens(client: Client, server: Any, issued: IssuedToken) -> None:
    ResourceServer.objects.update(may_revoke=False)
    assert refused(revoke(client, server, issued.plaintext), 400, "unauthorized_client")
    assert (revoked_at(issued), revocations()) == (None, 0)
    assert is_active(client, server, issued.plaintext)


def test_val3_without_the_right_nothing_is_learned_of_the_token(
    client: Client, server: Any, issued: IssuedToken
) -> None:
    ResourceServer.objects.update(may_revoke=False)
    revoke(client, server, issued.plaintext)
    with Statements() as statements:
        texts = [issued.plaintext, token_format.generate(), "x"]
        assert len({revoke(client, server, text).content for text in texts}) == 1
    assert statements.about_tokens == []


# --- Otherwise as introspection --------------------------------------------------------------------------------------


def unauthorised(response: Any) -> bool:
    assert response["WWW-Authenticate"] == 'Basic realm="oauth"'
    return refused(response, 401, "invalid_client")


def test_t18_an_unknown_id_and_a_wrong_secret_get_the_same_401(
    client: Client, server: Any, issued: IssuedToken
) -> None:
    body = urlencode({"token": issued.plaintext})
    wrong = ask(client, body, basic(server.client_id, "wrong"))
    unknown = ask(client, body, basic("x", server.plain_secret))
    assert unauthorised(wrong)
    assert (wrong.content, wrong.headers) == (unknown.content, unknown.headers)
    assert revoked_at(issued) is None


def test_t18_neither_nobody_nor_the_token_nor_a_session_may_revoke(
    administrator_client: Client, server: Any, issued: IssuedToken
) -> None:
    body = urlencode({"token": issued.plaintext, "client_id": server.client_id})
    assert unauthorised(ask(administrator_client, body))
    assert unauthorised(ask(administrator_client, body, f"Bearer {issued.plaintext}"))
    assert revoked_at(issued) is None


def test_t22_a_disabled_server_is_401_and_nothing_happens(client: Client, server: Any, issued: IssuedToken) -> None:
    ResourceServer.objects.update(is_enabled=False)
    assert unauthorised(revoke(client, server, issued.plaintext))
    assert revoked_at(issued) is None


def test_t24_both_ways_of_authenticating_at_once_are_400(client: Client, server: Any, issued: IssuedToken) -> None:
    fields = {"token": issued.plaintext, "client_id": server.client_id, "client_secret": server.plain_secret}
    assert refused(ask(client, urlencode(fields), credentials(server)), 400, "invalid_request")
    assert revoked_at(issued) is None


@pytest.mark.parametrize("body", ["", "token=", "token", "TOKEN=x", "token=x&token=x"])
def test_val5_a_missing_empty_or_repeated_token_is_400(client: Client, server: Any, body: str) -> None:
    assert refused(ask(client, body, credentials(server)), 400, "invalid_request")


def test_val5_another_content_type_is_400(client: Client, server: Any, issued: IssuedToken) -> None:
    body = urlencode({"token": issued.plaintext})
    response = ask(client, body, credentials(server), content_type="application/json")
    assert refused(response, 400, "invalid_request")
    assert revoked_at(issued) is None


def test_t25_a_token_in_the_query_is_not_read(client: Client, server: Any, issued: IssuedToken) -> None:
    path = f"{REVOKE_PATH}?{urlencode({'token': issued.plaintext})}"
    assert refused(ask_anywhere(client, "", credentials(server), path=path), 400, "invalid_request")
    assert revoked_at(issued) is None


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_val5_another_method_is_405(client: Client, server: Any, method: str) -> None:
    response = client.generic(method, REVOKE_PATH, headers={"authorization": credentials(server)})
    assert (response.status_code, response["Allow"]) == (405, "POST")


def test_t34_a_body_above_sixteen_kilobytes_is_413(client: Client, server: Any, issued: IssuedToken) -> None:
    body = urlencode({"token": issued.plaintext, "padding": "x" * 16_384})
    assert refused(ask(client, body, credentials(server)), 413, "invalid_request")
    assert revoked_at(issued) is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("of_statement", [1, 2, 3, 4, 5])
def test_val4_a_store_that_fails_anywhere_on_the_way_is_503_and_nothing_happens(
    client: Client, server: Any, issued: IssuedToken, of_statement: int
) -> None:
    count = 0

    def fail(execute: Any, *args: Any) -> Any:
        nonlocal count
        count += 1
        if count >= of_statement:
            raise OperationalError("gone")
        return execute(*args)

    with connection.execute_wrapper(fail):
        response = revoke(client, server, issued.plaintext)
    assert refused(response, 503, "temporarily_unavailable")
    assert response["Retry-After"] == "5"
    assert (revoked_at(issued), revocations()) == (None, 0)


def test_val4_an_unknown_token_is_503_while_the_ring_lacks_a_key(
    client: Client, server: Any, issued: IssuedToken
) -> None:
    HashKey.objects.create(id="elsewhere")
    assert refused(revoke(client, server, token_format.generate()), 503, "temporarily_unavailable")
    assert is_empty_200(revoke(client, server, issued.plaintext))
    assert revoked_at(issued)


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
