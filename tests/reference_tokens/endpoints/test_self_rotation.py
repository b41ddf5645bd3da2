"""`POST /api/token/rotate` (contract 4.5, TOK-10): whoever holds a token puts a new value in its place."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import django.db
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.lifecycle.suspension import suspend_with_old_values
from reference_tokens.models import ReferenceToken
from reference_tokens.usage.recorder import recorder
from tests.concurrency import PATIENCE, is_waiting, threads, uncommitted
from tests.factories import alter, issued_pat, issued_sat, rotated
from tests.introspection import UNKNOWN, is_active
from tests.pages import TOKEN
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

PATH = "/api/token/rotate"
FORM = "application/x-www-form-urlencoded"
DAY = 86_400


@pytest.fixture
def allowed(application: TrustedApplication) -> TrustedApplication:
    """An application that lets a token rotate itself."""
    TrustedApplication.objects.update(allows_self_rotation=True)
    application.refresh_from_db()
    return application


@pytest.fixture
def issued(alice: User, allowed: TrustedApplication) -> IssuedToken:
    return issued_pat(alice, allowed, description="Job", scopes=["read", "update"])


def ask(client: Client, token: str, body: str | None = None, **extra: Any) -> Any:
    sent = {} if body is None else {"data": body, "content_type": FORM}
    return client.generic("POST", PATH, **sent | extra, headers={"authorization": f"Bearer {token}"})


def test_the_new_value_is_told_once_with_all_that_get_tells(client: Client, issued: IssuedToken) -> None:
    response = ask(client, issued.plaintext)
    new = ReferenceToken.objects.get(replaces=issued.token)
    answer = response.json()
    assert response.status_code == 201
    assert TOKEN.fullmatch(answer["token"])
    assert new.expires_at
    assert answer == {
        "id": str(new.pk),
        "kind": "PAT",
        "application": "com.example/excel",
        "application_name": "Excel",
        "description": "Job",
        "scopes": ["read", "update"],
        "issued_at": new.issued_at.isoformat(),
        "expires_at": new.expires_at.isoformat(),
        "last_used_at": None,
        "username": "alice",
        "status": "active",
        "token": answer["token"],
        "replaces": str(issued.token.pk),
        "previous_expires_at": answer["previous_expires_at"],
    }
    told = client.get("/api/token", headers={"x-api-key": answer["token"]}).json()
    assert told == {name: answer[name] for name in told}


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (None, DAY),
        ("", DAY),
        ("other=1", DAY),
        ("overlap_seconds=1", 1),
        ("overlap_seconds=604800&x=y", 604_800),
        ("overlap_seconds=007", 7),
    ],
)
def test_tok10_the_old_value_works_on_for_as_long_as_the_form_asks(
    client: Client, server: Any, issued: IssuedToken, body: str | None, seconds: int
) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        answer = ask(client, issued.plaintext, body).json()
        end = timezone.now().replace(microsecond=0) + timedelta(seconds=seconds)
    assert answer["previous_expires_at"] == end.isoformat()
    for instant, is_good in ((end - timedelta(microseconds=1), True), (end, False)):
        with time_machine.travel(instant, tick=False):
            assert is_active(client, server, issued.plaintext) is is_good
            assert is_active(client, server, answer["token"])


def test_tok10_zero_seconds_end_the_old_value_at_once(client: Client, server: Any, issued: IssuedToken) -> None:
    answer = ask(client, issued.plaintext, "overlap_seconds=0").json()
    assert datetime.fromisoformat(answer["previous_expires_at"]) <= timezone.now()
    assert [is_active(client, server, value) for value in (issued.plaintext, answer["token"])] == [False, True]
    assert ask(client, issued.plaintext).json()["error_description"] == "The token was revoked."


@pytest.mark.parametrize(
    "body",
    [
        "overlap_seconds=",
        "overlap_seconds=604801",
        "overlap_seconds=-1",
        "overlap_seconds=1.5",
        "overlap_seconds=1e3",
        "overlap_seconds=+5",
        "overlap_seconds=5%0A",
        "overlap_seconds=5%00",
        "overlap_seconds=%D9%A5",
        "overlap_seconds=99999999999999999999",
        "overlap_seconds=5&overlap_seconds=5",
        "&".join(f"a{number}=" for number in range(101)),
    ],
)
def test_another_overlap_is_400_and_rotates_nothing(client: Client, issued: IssuedToken, body: str) -> None:
    response = ask(client, issued.plaintext, body)
    assert (response.status_code, response.content) == (400, b'{"error": "invalid_request"}')
    assert ReferenceToken.objects.count() == 1


def test_t34_a_body_that_cannot_be_read_is_refused_and_rotates_nothing(client: Client, issued: IssuedToken) -> None:
    too_large = ask(client, issued.plaintext, "x=" + "y" * 16_384)
    json = ask(client, issued.plaintext, '{"overlap_seconds": 0}', content_type="application/json")
    # Without its length a body is not read, and with it goes what it asks for.
    chunked = ask(client, issued.plaintext, HTTP_TRANSFER_ENCODING="chunked")
    assert [response.status_code for response in (too_large, json, chunked)] == [413, 400, 400]
    assert ReferenceToken.objects.count() == 1


def test_t25_nothing_is_read_from_the_query(client: Client, issued: IssuedToken) -> None:
    response = client.generic("POST", f"{PATH}?overlap_seconds=0", headers={"x-api-key": issued.plaintext})
    assert datetime.fromisoformat(response.json()["previous_expires_at"]) > timezone.now()
    assert client.post(f"{PATH}?access_token={issued.plaintext}").json() == {"error": "missing_token"}


def test_tok10_where_the_application_does_not_allow_it_it_is_403(client: Client, issued: IssuedToken) -> None:
    TrustedApplication.objects.update(allows_self_rotation=False)
    response = ask(client, issued.plaintext)
    why = "Its application does not let a token rotate itself."
    assert (response.status_code, response.json()) == (403, {"error": "access_denied", "error_description": why})
    assert ReferenceToken.objects.count() == 1


def test_pol3_where_no_token_could_be_issued_it_is_403(client: Client, issued: IssuedToken) -> None:
    TrustedApplication.objects.update(access_tokens_policy="None")
    response = ask(client, issued.plaintext)
    assert (response.status_code, response.json()["error"]) == (403, "access_denied")
    assert response.json()["error_description"].startswith("Its AccessTokens policy is None")


def test_tok10_past_the_life_of_the_first_token_it_is_403(client: Client, issued: IssuedToken) -> None:
    alter(issued.token, issued_at=timezone.now() - timedelta(days=366))
    response = ask(client, issued.plaintext)
    assert response.status_code == 403
    assert response.json()["error_description"].startswith("The first token of its chain has reached its maximum life")


def test_tok7_too_many_old_values_are_403(client: Client, issued: IssuedToken, settings: Settings) -> None:
    settings.MAX_LIVE_PATS_PER_PERSON = 1
    answer = ask(client, issued.plaintext).json()
    response = ask(client, answer["token"])
    assert response.status_code == 403
    assert response.json()["error_description"].startswith("There are 2 live tokens")
    assert ask(client, answer["token"], "overlap_seconds=0").status_code == 201


def test_tok10_a_token_that_was_rotated_away_is_409_and_rotates_nothing(client: Client, issued: IssuedToken) -> None:
    ask(client, issued.plaintext)
    response = ask(client, issued.plaintext, "overlap_seconds=0")
    assert (response.status_code, response.json()["error"]) == (409, "already_rotated")
    assert client.get("/api/token", headers={"x-api-key": issued.plaintext}).status_code == 200
    assert ReferenceToken.objects.count() == 2


def test_tok10_a_chain_goes_on_from_its_newest_token(client: Client, issued: IssuedToken) -> None:
    token = issued.plaintext
    for _turn in range(3):
        token = ask(client, token).json()["token"]
    assert ReferenceToken.objects.filter(family=issued.token.pk).count() == 4


@pytest.mark.parametrize(
    ("token", "status"), [(UNKNOWN, 401), (UNKNOWN[:-1], 401), ("x,y", 400)], ids=["unknown", "mistyped", "two"]
)
def test_what_is_no_good_token_is_refused_as_everywhere(client: Client, token: str, status: int) -> None:
    assert ask(client, token).status_code == status


def test_a_token_that_ended_is_401_with_the_reason(client: Client, issued: IssuedToken) -> None:
    revoke_token(actor=OPERATOR, token_id=issued.token.pk, now=timezone.now())
    response = ask(client, issued.plaintext)
    assert (response.status_code, response.json()["error_description"]) == (401, "The token was revoked.")


@pytest.mark.parametrize("body", [None, "overlap_seconds=0", "overlap_seconds=x"])
def test_t33_t43_no_cookie_and_every_header_of_a_machine_answer(
    client: Client, issued: IssuedToken, body: str | None
) -> None:
    for token in (UNKNOWN, issued.plaintext):
        response = ask(client, token, body)
        assert not response.cookies
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_tok13_a_rotation_counts_as_a_use_of_the_old_value_before_it_was_replaced(
    client: Client, issued: IssuedToken
) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        ask(client, issued.plaintext)
        recorder.flush()
    old = ReferenceToken.objects.get(pk=issued.token.pk)
    assert old.last_used_at
    assert old.successor
    assert old.last_used_at <= old.successor.issued_at
    assert old.successor.last_used_at is None


def test_tok15_the_owner_is_mailed(client: Client, alice: User, issued: IssuedToken) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    new = ReferenceToken.objects.get(pk=ask(client, issued.plaintext).json()["id"])
    assert [(notice.kind, notice.recipient) for notice in new.notices.all()] == [("rotation", alice)]


def test_aud1_it_is_recorded_as_the_tokens_own_doing(client: Client, issued: IssuedToken) -> None:
    ask(client, issued.plaintext)
    event = AuditEvent.objects.get(action="token:rotate")
    assert (event.source, event.actor_type, event.actor_id) == ("api", "token", str(issued.token.pk))
    assert event.address == "127.0.0.1"


def test_a_sat_rotates_itself_for_its_system_user(client: Client, allowed: TrustedApplication) -> None:
    answer = ask(client, issued_sat(allowed).plaintext).json()
    assert allowed.system_user
    assert (answer["kind"], answer["username"]) == ("SAT", allowed.system_user.username)


def test_a_value_that_a_person_rotated_to_may_go_on_by_itself(client: Client, issued: IssuedToken) -> None:
    new = rotated(issued.token)
    assert ask(client, new.plaintext).status_code == 201


def test_val4_a_store_that_cannot_be_read_is_503_and_rotates_nothing(client: Client, issued: IssuedToken) -> None:
    def fail(*_args: Any) -> Any:
        raise django.db.OperationalError("gone")

    with connection.execute_wrapper(fail):
        assert ask(client, issued.plaintext).status_code == 503
    assert ReferenceToken.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("change", "status", "why"),
    [
        (revoke_token, 401, "The token was revoked."),
        (suspend_with_old_values, 401, "The token is suspended."),
        (None, 403, "The application is disabled."),
    ],
)
def test_t14_a_rotation_waits_for_what_is_not_committed_yet_and_hears_of_it(
    client: Client, issued: IssuedToken, change: Any, status: int, why: str
) -> None:
    def act() -> None:
        if change:
            change(actor=OPERATOR, token_id=issued.token.pk, now=timezone.now())
        else:
            TrustedApplication.objects.update(is_enabled=False)

    with threads() as start:
        with uncommitted(start, act):
            rotating = start(lambda: ask(client, issued.plaintext))
            assert is_waiting(rotating)
        response = rotating.result(PATIENCE)
    assert (response.status_code, response.json()["error_description"]) == (status, why)
    assert ReferenceToken.objects.count() == 1
