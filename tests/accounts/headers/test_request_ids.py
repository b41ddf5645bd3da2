"""The id of a request: given by a trusted proxy or made; the same in the answer, the log, the record, on the page."""

from __future__ import annotations

import io
import logging
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.audit.record import OPERATOR
from accounts.headers.request_ids import current_request_id
from accounts.models import AuditEvent, User
from tests.factories import PASSWORD
from tests.pages import LOGIN_URL, give_password, signed_in
from tokens_project.logs.repeats import CalmHandler
from tokens_project.logs.scrubbing import ScrubbingFormatter

pytestmark = [pytest.mark.django_db, pytest.mark.once]

GIVEN = "1-67891233.abc_DEF"


@pytest.fixture
def behind_a_proxy(settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = 1


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the service would write to its log."""
    stream, handler, root = io.StringIO(), CalmHandler(), logging.getLogger()
    handler.setStream(stream)
    handler.setFormatter(ScrubbingFormatter())
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


def asked(path: str = LOGIN_URL, **headers: str) -> Any:
    return Client().get(path, headers=headers)


def is_made(request_id: str) -> bool:
    return str(uuid.UUID(request_id)) == request_id


@pytest.mark.usefixtures("behind_a_proxy")
def test_a_page_is_answered_with_the_id_that_the_proxy_gave() -> None:
    assert asked(x_request_id=GIVEN).headers["X-Request-Id"] == GIVEN


def test_every_other_page_is_answered_with_an_id_of_its_own() -> None:
    ids = [asked().headers["X-Request-Id"] for _time in range(2)]
    assert ids[0] != ids[1]
    assert all(map(is_made, ids))


def test_without_a_trusted_proxy_nobody_chooses_the_id() -> None:
    assert is_made(asked(x_request_id=GIVEN).headers["X-Request-Id"])


@pytest.mark.usefixtures("behind_a_proxy")
def test_of_several_ids_the_one_of_the_trusted_proxy_counts() -> None:
    assert asked(x_request_id="forged, given").headers["X-Request-Id"] == "given"


@pytest.mark.usefixtures("behind_a_proxy")
@pytest.mark.parametrize("malformed", ["", "a b", "x" * 61, "<b>", "a/b", "é", "enrt_0123456789ABCDEF", "ENRS_abc"])
def test_an_id_that_is_not_well_formed_is_replaced(malformed: str) -> None:
    assert is_made(asked(x_request_id=malformed).headers["X-Request-Id"])


def test_aud4_an_audit_entry_has_the_id_that_its_request_was_answered_with(alice: User) -> None:
    response = Client().post(LOGIN_URL, {"login": give_password(alice).username, "password": PASSWORD})
    assert AuditEvent.objects.get(action="user:sign_in").request_id == response.headers["X-Request-Id"]


def test_what_happens_outside_of_a_request_has_no_id() -> None:
    assert (OPERATOR.request_id, current_request_id()) == ("", "")


def test_the_log_line_of_a_request_ends_with_its_id(log: io.StringIO) -> None:
    response = asked("/nowhere/")
    assert f"Not Found: /nowhere/ request_id={response.headers['X-Request-Id']}\n" in log.getvalue()


def test_a_line_of_no_request_has_no_id(log: io.StringIO) -> None:
    logging.getLogger("tokens").warning("by itself")
    assert log.getvalue().endswith(" WARNING tokens by itself\n")


def fail(*_args: Any, **_options: Any) -> Any:
    raise RuntimeError


def test_the_page_of_a_fault_says_the_id(alice: User, monkeypatch: pytest.MonkeyPatch, log: io.StringIO) -> None:
    monkeypatch.setattr("accounts.pages.site.Site.page", fail)
    response = signed_in(alice, raise_request_exception=False).get("/profile/")
    request_id = response.headers["X-Request-Id"]
    assert (response.status_code, f"<code>{request_id}</code>" in response.content.decode()) == (500, True)
    assert f"request_id={request_id}\n" in log.getvalue()


@pytest.mark.usefixtures("behind_a_proxy")
def test_a_machine_address_answers_with_the_id_that_was_sent() -> None:
    assert asked("/healthz", x_request_id=GIVEN).headers["X-Request-Id"] == GIVEN
    assert "X-Request-Id" not in asked("/healthz").headers


def test_a_fault_at_a_machine_address_is_answered_with_the_id_of_its_log_line(
    monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    monkeypatch.setattr("reference_tokens.endpoints.health.what_is_missing", lambda: "the database")
    response = asked("/readyz")
    assert response.status_code == 503
    assert f"request_id={response.headers['X-Request-Id']}" in log.getvalue()
