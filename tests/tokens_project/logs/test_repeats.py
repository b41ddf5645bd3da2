"""What others send must not fill the log: what repeats is told once a minute, with a count."""

from __future__ import annotations

import io
import logging
import re
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from tests.gunicorn import Gunicorn
from tests.introspection import FORM, basic
from tokens_project.logs.repeats import CalmHandler
from tokens_project.logs.scrubbing import ScrubbingFormatter


class Log:
    """What the service would write to its log."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stream, self.handler, self.seconds = io.StringIO(), CalmHandler(), 0.0
        self.handler.setStream(self.stream)
        self.handler.setFormatter(ScrubbingFormatter())
        monkeypatch.setattr("tokens_project.logs.repeats.time.monotonic", lambda: self.seconds)

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    written = Log(monkeypatch)
    root = logging.getLogger()
    root.addHandler(written.handler)
    yield written
    root.removeHandler(written.handler)


def raises(error: Exception) -> None:
    raise error


def fail() -> None:
    try:
        raises(OperationalError("no such table: tokens"))
    except OperationalError:
        logging.getLogger("tokens").exception("%s cannot be answered", "/oauth/introspect")


@pytest.mark.once
def test_of_a_thousand_failures_one_is_told_with_its_trace_and_then_their_number(log: Log) -> None:
    for _number in range(1000):
        fail()
    assert len(log.lines) == 1
    assert "Traceback" in log.lines[0]
    log.seconds = 60
    fail()
    assert len(log.lines) == 3
    said = "/oauth/introspect cannot be answered: OperationalError: no such table: tokens"
    assert log.lines[1].endswith(f"{said} (999 like this in the last minute)")
    assert "Traceback" in log.lines[2]


@pytest.mark.once
def test_any_line_that_comes_later_brings_the_number(log: Log) -> None:
    fail()
    fail()
    log.seconds = 59
    logging.getLogger("tokens").warning("one")
    log.seconds = 60
    logging.getLogger("tokens").warning("two")
    assert [line[21:].split()[2] for line in log.lines[1:]] == ["one", "/oauth/introspect", "two"]


@pytest.mark.once
def test_what_is_told_once_is_not_counted(log: Log) -> None:
    fail()
    log.seconds = 61
    logging.getLogger("tokens").warning("another")
    assert len(log.lines) == 2


@pytest.mark.once
def test_at_the_end_the_number_is_told_too(log: Log) -> None:
    fail()
    fail()
    log.handler.close()
    assert "(1 like this in the last minute)" in log.lines[1]


@pytest.mark.once
def test_another_fault_is_told_at_once(log: Log) -> None:
    fail()
    faults: list[Callable[[], object]] = [lambda: raises(LookupError()), lambda: dict[str, str]()["x"]]
    for work in faults:
        try:
            work()
        except LookupError:
            logging.getLogger("tokens").exception("failed")
    logging.getLogger("tokens").error("without a trace", exc_info=(ValueError, ValueError("z"), None))
    assert len(log.lines) == 4


@pytest.mark.once
def test_a_line_that_says_nothing_of_repeating_is_told_each_time(log: Log) -> None:
    for _number in range(3):
        logging.getLogger("tokens").warning("again")
    assert len(log.lines) == 3


@pytest.mark.once
def test_of_more_kinds_than_a_thousand_the_others_are_told_as_one(log: Log) -> None:
    for number in range(1500):
        logging.getLogger("tokens").warning("refused %s", number, extra={"once_a_minute": number})
    assert len(log.lines) == 1001
    log.seconds = 60
    logging.getLogger("tokens").warning("refused", extra={"once_a_minute": 7})
    assert len(log.lines) == 1003
    assert "refused 1499 (499 like this" in log.lines[1001]


@pytest.mark.once
def test_gunicorns_warnings_of_what_clients_send_are_told_once_a_minute(log: Log) -> None:
    for number in range(9):
        for level, said in ((logging.WARNING, "Invalid request from ip=%s"), (logging.INFO, "Booting worker %s")):
            log.handler.handle(logging.LogRecord("gunicorn.error", level, "glogging.py", 286, said, (number,), None))
    assert len([line for line in log.lines if "Invalid request" in line]) == 1
    assert len([line for line in log.lines if "Booting worker" in line]) == 9


# --- As the service meets them ---------------------------------------------------------------------------------------


def test_a_foreign_host_is_one_short_line(log: Log) -> None:
    for number in range(50):
        assert Client().get("/accounts/login/", headers={"Host": f"{'h' * 2000}{number}.example"}).status_code == 400
    assert len(log.lines) == 1
    assert "Invalid HTTP_HOST header" in log.lines[0]
    assert len(log.lines[0]) < 350


@pytest.mark.django_db
def test_a_refused_client_is_told_once_a_minute_with_its_address_and_how_often(log: Log) -> None:
    def ask(address: str, client_id: str = "rs_unknown") -> None:
        header = {"Authorization": basic(client_id, "enrs_" + "x" * 43)}
        answer = Client().post("/oauth/introspect", "token=x", FORM, headers=header, REMOTE_ADDR=address)
        assert answer.status_code == 401

    for _number in range(20):
        ask("192.0.2.1")
    ask("192.0.2.2")
    ask("192.0.2.2", "enrs_" + "y" * 43)
    log.seconds = 60
    ask("192.0.2.1")
    lines = [re.sub(r" (request_id|event)=\S+", "", line) for line in log.lines]
    said = [line.partition(" refused the client ")[2] for line in lines if " refused the client " in line]
    assert said == [
        "rs_unknown from 192.0.2.1: invalid_client",
        "rs_unknown from 192.0.2.2: invalid_client",
        "enrs_[removed] from 192.0.2.2: invalid_client",
        "rs_unknown from 192.0.2.1: invalid_client (19 like this in the last minute)",
        "rs_unknown from 192.0.2.1: invalid_client",
    ]


@pytest.mark.parametrize("path", ["/auth/forward", "/oauth/introspect", "/api/token", "/nowhere/"])
@pytest.mark.django_db
def test_refusals_cost_a_line_a_minute_wherever_they_are_met(log: Log, path: str) -> None:
    assert {Client().get(f"{path}?{number}").status_code for number in range(30)} <= {401, 404, 405}
    assert len(log.lines) <= 1


class Gone(io.BytesIO):
    """A body of which the client sent the beginning, and went away."""

    def read(self, *_size: Any) -> bytes:
        raise ConnectionResetError


@pytest.mark.parametrize(("path", "status"), [("/oauth/introspect", 400), ("/theme/", 400)])
@pytest.mark.django_db
def test_a_client_that_goes_away_while_it_sends_is_no_fault_of_ours(log: Log, path: str, status: int) -> None:
    client = Client(raise_request_exception=False)
    environ: dict[str, Any] = {"wsgi.input": Gone()}
    answer = client.post(path, "x" * 9, FORM, **environ)
    assert answer.status_code == status
    assert not [line for line in log.lines if " ERROR " in line]


@pytest.mark.django_db
def test_pages_that_cannot_be_made_are_told_once_a_minute(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_anything: Any) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr("accounts.sessions.store.SessionStore._get_session_from_db", locked)
    client = Client(raise_request_exception=False)
    client.cookies["session"] = "a" * 32
    assert {client.get("/profile/").status_code for _number in range(20)} == {503}
    assert len(log.lines) == 1


@pytest.mark.django_db(transaction=True)
def test_neither_a_head_nor_a_client_that_goes_away_is_told_of(live_gunicorn: Gunicorn) -> None:
    for path in (b"/healthz", b"/readyz", b"/api/openapi.json"):
        request = b"HEAD " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        answer = live_gunicorn.send(request)
        assert (answer.status, answer.body) == (200, b"")
        assert int(answer.header("Content-Length") or 0) > 0
    head = (
        b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + FORM.encode() + b"\r\nContent-Length: 90\r\n\r\nto"
    )
    for path in (b"/oauth/introspect", b"/accounts/login/"):
        with socket.create_connection(("127.0.0.1", live_gunicorn.port), timeout=10) as client:
            client.sendall(head % path)
    assert live_gunicorn.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").status == 200
    log = live_gunicorn.log.read_text()
    told = [line for line in log.splitlines() if " WARNING " in line or " ERROR " in line]
    # Whoever asks without a secret is told of, as is right: so did this test, to see that the server answers. Nor did
    # it collect static files.
    expected = ("/oauth/introspect", "no static files are collected")
    assert [line for line in told if not any(text in line for text in expected) or " failed" in line] == []
