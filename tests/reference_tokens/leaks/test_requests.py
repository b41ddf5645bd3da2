"""T58: what `POST /leaks/revoke` takes and answers (contract 4.7)."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.outbox.delivery import send_due_mails
from reference_tokens.endpoints.leaks import wait_for_moment
from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.token_values import token_format
from tests.introspection import is_active
from tests.pages import text_of
from tests.reference_tokens.leaks.reporting import REVOKE, report, send
from tests.reference_tokens.test_plaintext_is_nowhere import forms_of
from tests.stored import everything_stored

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def told(response: Any) -> tuple[int, bytes, list[tuple[str, str]]]:
    return response.status_code, response.content, sorted(response.items())


def test_t58_the_answer_is_the_same_for_every_value(client: Client, issued: IssuedToken) -> None:
    values = [issued.plaintext, issued.plaintext, token_format.generate(), "", "nonsense", "\0", "\ud800"]
    first, *others = [told(report(client, value)) for value in values]
    assert first[:2] == (202, b"{}")
    assert [other for other in others if other != first] == []


def test_t58_a_report_of_nothing_is_taken(client: Client) -> None:
    assert report(client).status_code == 202


def test_t58_every_answer_waits_for_its_moment(client: Client, issued: IssuedToken, slept: list[float]) -> None:
    for value in (issued.plaintext, token_format.generate(), "nonsense"):
        report(client, value)
    assert len(slept) == 3


@pytest.mark.parametrize(("took", "waits"), [(0.03, 0.07), (0.001, 0.099), (0.13, 0.07), (0.0, 0.0)])
def test_t58_a_moment_is_over_after_a_whole_number_of_them(
    slept: list[float], monkeypatch: pytest.MonkeyPatch, took: float, waits: float
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 100.0 + took)
    wait_for_moment(100.0, 0.1)
    assert slept == pytest.approx([waits])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"1" * 5_000, "not JSON"),
        (b"tokens=enrt_", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"{}", '"tokens" must be a list'),
        (b'{"tokens": "enrt_"}', '"tokens" must be a list'),
        (b'{"tokens": [1]}', '"tokens" must be a list'),
        (b'{"tokens": [["enrt_"]]}', '"tokens" must be a list'),
        (json.dumps({"tokens": ["a"] * 1_001}).encode(), "at most 1000"),
        (b'{"tokens": [], "url": 1}', '"url" must be a text'),
        (b'{"tokens": [], "url": ["a"]}', '"url" must be a text'),
    ],
)
def test_t58_what_is_no_report_is_400_and_says_why(client: Client, body: bytes, said: str) -> None:
    response = send(client, body)
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_request"
    assert said in response.json()["error_description"]
    assert response["Cache-Control"] == "no-store"


def test_t58_a_thousand_tokens_with_an_address_are_taken_and_a_longer_body_is_413(client: Client) -> None:
    tokens = [token_format.generate() for _number in range(1_000)]
    assert report(client, *tokens, url="https://paste.example/" + "a" * 2_000).status_code == 202
    response = send(client, b" " * 131_073)
    assert (response.status_code, response.json()) == (413, {"error": "invalid_request"})


def test_t58_a_body_of_an_odd_length_is_413(client: Client) -> None:
    assert send(client, "{}", CONTENT_LENGTH="1e9").status_code == 413


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_t58_another_method_is_405(client: Client, method: str) -> None:
    response = client.generic(method, REVOKE)
    assert (response.status_code, response["Allow"]) == (405, "POST")


def test_t58_reports_are_limited_for_each_address(client: Client, server: Any, issued: IssuedToken) -> None:
    for _number in range(60):
        assert send(client, "nonsense").status_code == 400
    response = report(client, issued.plaintext)
    assert (response.status_code, response["Retry-After"], response.json()) == (
        429,
        "60",
        {"error": "too_many_requests"},
    )
    assert is_active(client, server, issued.plaintext)
    assert report(client, issued.plaintext, REMOTE_ADDR="192.0.2.7").status_code == 202
    assert not is_active(client, server, issued.plaintext)


def test_t58_where_nobody_can_count_reports_are_503(
    client: Client, issued: IssuedToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: Any) -> int:
        raise OSError("gone")

    monkeypatch.setattr("accounts.limits.rates.change_counter_in_database", fail)
    response = report(client, issued.plaintext)
    assert (response.status_code, response["Retry-After"]) == (503, "5")


def test_t36_the_value_of_a_reported_token_stands_nowhere(
    client: Client,
    ada: User,
    administrator_client: Client,
    issued: IssuedToken,
    caplog: pytest.LogCaptureFixture,
    mailoutbox: list[Any],
) -> None:
    caplog.set_level(logging.DEBUG)
    value = issued.plaintext
    report(client, value, url=f"https://paste.example/{value}?token={value}")
    send(client, json.dumps({"tokens": value}))
    send(client, json.dumps({"tokens": [value], "url": 1}))
    page = text_of(administrator_client.get(f"/manage/security/tokens/{issued.token.pk}/")).encode()
    assert send_due_mails() == 2
    kept = b"\n".join([everything_stored(), caplog.text.encode(), page, *(m.message().as_bytes() for m in mailoutbox)])
    assert issued.token.hint.encode() in kept
    assert [form for form in forms_of(value) if form in kept] == []
