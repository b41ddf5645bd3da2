"""T58: `POST /leaks/github` takes what GitHub has signed, and works on it behind the answer (contract 4.7)."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import AuditEvent, OutboxEntry, User
from accounts.outbox import kinds
from accounts.outbox.delivery import send_due_mails
from reference_tokens.leaks import github_keys
from reference_tokens.leaks.github import is_signed, register_github
from reference_tokens.leaks.reports import take_report
from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.models import LeakReport, ReferenceToken
from reference_tokens.token_values import token_format
from tests.factories import issued_pat
from tests.introspection import Statements, is_active
from tests.reference_tokens.notices.noted import mails
from tests.stored import everything_stored
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.mails_wait]

GITHUB = "/leaks/github"
KEYS_URL = "https://api.github.example/keys"
PLACE = "https://github.com/octocat/Hello-World/blob/12345600b9cbe38a219f39a9941c9319b600c002/foo/bar.txt"
KEY, OTHER_KEY = (ec.generate_private_key(ec.SECP256R1()) for _number in range(2))
ANSWERS = "reference_tokens.leaks.github_keys.fetched"
NO_KEY = "its answer holds no key"


def listed(**keys: Any) -> bytes:
    """The document of GitHub's keys, by their ids."""
    entries = [
        {"key_identifier": name, "key": pem(key) if hasattr(key, "public_key") else key, "is_current": True}
        for name, key in keys.items()
    ]
    return json.dumps({"public_keys": entries}).encode()


def pem(key: Any) -> str:
    return str(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


@pytest.fixture(autouse=True)
def answers(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What the address of the keys answers, one after the other; the last one again and again."""
    settings.LEAK_GITHUB_KEYS_URL = KEYS_URL
    told: list[Any] = [listed(one=KEY)]

    def fetched(address: str) -> bytes:
        assert address == KEYS_URL
        answer = told.pop(0) if len(told) > 1 else told[0]
        if isinstance(answer, Exception):
            raise answer
        return bytes(answer)

    monkeypatch.setattr(ANSWERS, fetched)
    github_keys.known_keys.cache_clear()
    yield told
    github_keys.known_keys.cache_clear()


def record(token: Any, url: Any = PLACE) -> dict[str, Any]:
    return {"token": token, "type": "reference_token", "url": url, "source": "content"}


def signed(body: bytes, key: Any = KEY) -> str:
    return base64.b64encode(key.sign(body, ec.ECDSA(SHA256()))).decode()


def send(client: Client, records: Any, *, key_id: str = "one", **changes: Any) -> Any:
    body = records if isinstance(records, bytes) else json.dumps(records).encode()
    headers = {"GITHUB-PUBLIC-KEY-IDENTIFIER": key_id, "GITHUB-PUBLIC-KEY-SIGNATURE": signed(body)} | changes
    return client.generic("POST", GITHUB, body, "application/json", headers=headers)


def test_t58_a_signed_record_revokes_its_token_behind_the_answer(
    client: Client, server: Any, ada: User, issued: IssuedToken
) -> None:
    response = send(client, [record(issued.plaintext)])
    assert (response.status_code, response.content) == (202, b"{}")
    assert is_active(client, server, issued.plaintext)
    assert sorted(mails()) == ["ada@example.com", "alice@example.com"]
    assert not is_active(client, server, issued.plaintext)
    report = LeakReport.objects.get()
    assert (report.origin, report.place) == ("github", PLACE)
    event = AuditEvent.objects.get(action="leak:report")
    assert (event.source, event.actor_type, event.address) == ("api", "github", "127.0.0.1")
    assert event.details == {"origin": "github", "place": PLACE, "reported": 1, "found": 1, "revoked": 1}


def test_t36_what_waits_holds_no_value(client: Client, issued: IssuedToken) -> None:
    send(client, [record(issued.plaintext)])
    assert OutboxEntry.objects.count() == 1
    assert issued.plaintext[5:60].encode() not in everything_stored()


def test_t58_of_a_thousand_records_each_is_looked_at_by_itself(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    found = [issued_pat(alice, application).plaintext for _number in range(3)]
    bad: list[Any] = [None, 1, "x", [], {}, {"token": 1}, {"token": "x"}, record(None), record([]), record("enrt_")]
    others = [{"token": token_format.generate()} for _number in range(987)]
    records = [record(found[0]), *bad, record(found[1], url=7), *others, record(found[2], url=f"https://x/{found[2]}")]
    assert len(records) == 1_000
    assert send(client, records).status_code == 202
    send_due_mails()
    assert ReferenceToken.objects.filter(revoked_at=None).count() == 0
    places = LeakReport.objects.order_by("place").values_list("place", flat=True)
    assert list(places) == ["", PLACE, "https://x"]


def test_t58_a_record_that_cannot_be_worked_on_now_is_tried_again_and_holds_up_no_other(
    client: Client, alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = issued_pat(alice, application), issued_pat(alice, application)
    send(
        client,
        [record(first.plaintext, url="https://one.example"), record(second.plaintext, url="https://two.example")],
    )

    def fail_once(report: LeakReport, *given: Any, **named: Any) -> None:
        if report.place == "https://one.example":
            raise ValueError("a fault")
        take_report(report, *given, **named)

    monkeypatch.setattr("reference_tokens.leaks.github.take_report", fail_once)
    send_due_mails()
    assert list(ReferenceToken.objects.exclude(exposed_at=None)) == [second.token]
    (entry,) = OutboxEntry.objects.filter(kind="github_leak")
    assert (entry.attempts, entry.due_at > entry.created_at) == (1, True)


def test_t58_a_report_that_waited_for_a_week_is_given_up_and_the_log_says_so(
    client: Client, issued: IssuedToken, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """By what the service registers when it starts."""
    monkeypatch.delitem(kinds._kinds, "github_leak")
    register_github()
    for days, exposed in ((7, 0), (6, 1)):
        send(client, [record(issued.plaintext)])
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            send_due_mails()
        assert ReferenceToken.objects.exclude(exposed_at=None).count() == exposed
    assert not OutboxEntry.objects.exists()
    assert "a mail about leaked tokens was given up: it could not be sent in time" in caplog.messages


def test_t58_records_that_are_no_tokens_store_nothing(client: Client) -> None:
    send(client, [])
    with Statements() as statements:
        send(client, [record(f"enrt_{number:064X}") for number in range(300)])
    assert len([sql for sql in statements.sql if not sql.startswith(("SAVEPOINT", "RELEASE"))]) == 1
    assert not OutboxEntry.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"GITHUB-PUBLIC-KEY-SIGNATURE": ""}, "not signed"),
        ({"GITHUB-PUBLIC-KEY-IDENTIFIER": ""}, "not signed"),
        ({"GITHUB-PUBLIC-KEY-IDENTIFIER": "two"}, "does not fit"),
        ({"GITHUB-PUBLIC-KEY-SIGNATURE": "="}, "does not fit"),
        ({"GITHUB-PUBLIC-KEY-SIGNATURE": signed(b"[]") + "!"}, "does not fit"),
        ({"GITHUB-PUBLIC-KEY-SIGNATURE": "ä"}, "does not fit"),
        ({"GITHUB-PUBLIC-KEY-SIGNATURE": base64.b64encode(b"x" * 70).decode()}, "does not fit"),
        ({"GITHUB-PUBLIC-KEY-SIGNATURE": signed(b"[]", OTHER_KEY)}, "does not fit"),
        ({"GITHUB-PUBLIC-KEY-SIGNATURE": signed(b"[ ]")}, "does not fit"),
    ],
)
def test_t58_what_github_did_not_sign_is_400_and_changes_nothing(
    client: Client, changes: dict[str, str], said: str
) -> None:
    response = send(client, b"[]", **changes)
    assert response.status_code == 400
    assert said in response.json()["error_description"]


def test_t58_the_signature_is_one_of_the_bytes_that_were_sent(client: Client, issued: IssuedToken) -> None:
    records = [record(issued.plaintext)]
    compact, spaced = (json.dumps(records, separators=each).encode() for each in ((",", ":"), (", ", ": ")))
    assert send(client, spaced, **{"GITHUB-PUBLIC-KEY-SIGNATURE": signed(compact)}).status_code == 400
    assert not OutboxEntry.objects.exists()
    assert send(client, compact).status_code == 202


@pytest.mark.parametrize(("body", "said"), [(b"{", "not JSON"), (b"{}", "not a JSON array")])
def test_t58_a_signed_body_of_another_shape_is_400(client: Client, body: bytes, said: str) -> None:
    response = send(client, body)
    assert response.status_code == 400
    assert said in response.json()["error_description"]


def test_t58_it_is_not_there_until_the_address_of_the_keys_is_given(client: Client, settings: Settings) -> None:
    settings.LEAK_GITHUB_KEYS_URL = ""
    response = send(client, [])
    assert (response.status_code, response.json()) == (404, {"error": "not_found"})


def test_t58_more_reports_than_github_sends_are_429(client: Client) -> None:
    for _number in range(600):
        assert client.post(GITHUB).status_code == 400
    assert send(client, []).status_code == 429


def test_t58_a_body_that_is_too_long_is_413(client: Client) -> None:
    assert send(client, b" " * 131_073).status_code == 413


# --- Its keys --------------------------------------------------------------------------------------------------------


def test_t58_an_unknown_key_is_asked_for_once_a_minute(
    client: Client, answers: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    answers[:] = [listed(old=KEY), listed(one=KEY), AssertionError("asked again")]
    assert send(client, []).status_code == 400
    clock[0] += 59
    assert send(client, []).status_code == 400
    clock[0] += 1
    assert [send(client, []).status_code for _time in range(3)] == [202] * 3


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (OSError("gone"), "gone"),
        (b"", "Expecting value: line 1 column 1 (char 0)"),
        (b"[]", NO_KEY),
        (b"{}", NO_KEY),
        (b'{"public_keys": {}}', NO_KEY),
        (b'{"public_keys": 1}', NO_KEY),
        (b'{"public_keys": [null, 1, {}, {"key": 1}]}', NO_KEY),
        (listed(one="-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----"), NO_KEY),
        (listed(one=ec.generate_private_key(ec.SECP384R1())), NO_KEY),
        (listed(one=rsa.generate_private_key(65_537, 2048)), NO_KEY),
    ],
)
def test_t58_where_the_keys_cannot_be_had_it_is_503_and_the_log_says_why(
    client: Client, answers: list[Any], caplog: pytest.LogCaptureFixture, answer: Any, why: str
) -> None:
    answers[:] = [answer, AssertionError("asked again")]
    for _time in range(2):
        response = send(client, [])
        assert (response.status_code, response["Retry-After"]) == (503, "5")
    told = [entry.getMessage() for entry in caplog.records if entry.name == github_keys.__name__]
    assert told == [f"the keys for reports of leaks cannot be fetched: {KEYS_URL}: {why}"]


def test_t58_a_known_key_is_good_while_no_other_can_be_fetched(
    client: Client, answers: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    answers[:] = [listed(one=KEY), OSError("gone")]
    assert send(client, []).status_code == 202
    clock[0] += 60
    assert send(client, [], key_id="two").status_code == 503
    assert send(client, []).status_code == 202


def test_t58_githubs_own_example_of_a_signature_is_good() -> None:
    """From its documentation of the partner program."""
    key: Any = load_pem_public_key(
        b"-----BEGIN PUBLIC KEY-----\n"
        b"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9MJJHnMfn2+H4xL4YaPDA4RpJqUq\n"
        b"kCmRCBnYERxZanmcpzQSXs1X/AljlKkbJ8qpVIW4clayyef9gWhFbNHWAA==\n"
        b"-----END PUBLIC KEY-----\n"
    )
    body = b'[{"token":"some_token","type":"some_type","url":"some_url"}]'
    signature = "MEUCIQDKZokqnCjrRtw0tni+2Ltvl/uiMJ1EGumEsp1BsNr32AIgQY1YXD2nlj+XNfGK4rBfkMJ1JDOQcYXxa2sY8FNkrKc="
    assert is_signed(body, signature, key)
    assert not is_signed(body + b" ", signature, key)
