"""T36: with LOG_FORMAT=json each line is one JSON object, and no token or secret is in it."""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.factories import ResourceServerFactory
from tests.gunicorn import gunicorn
from tests.introspection import UNKNOWN as TOKEN
from tests.introspection import basic
from tokens_project.logs.facts import event_of
from tokens_project.logs.json_lines import ScrubbingJsonFormatter

SECRET = "enrs_Ab-_c0" + "x" * 32


def written(message: object, *arguments: Any, name: str = "tokens", **values: Any) -> Any:
    """What is written for an event, as a program reads it."""
    record = logging.LogRecord(name, logging.WARNING, __file__, 1, message, arguments, values.pop("exc_info", None))
    vars(record).update(values)
    line = ScrubbingJsonFormatter().format(record)
    assert line.isascii()
    assert line.isprintable()
    return json.loads(line)


@pytest.mark.once
def test_a_line_says_when_how_bad_who_and_what() -> None:
    found = written("%s waits", "a mail", request_id="abc")
    when = datetime.fromisoformat(found.pop("time"))
    assert when.utcoffset() == timedelta(0)
    assert found == {"level": "WARNING", "logger": "tokens", "message": "a mail waits", "request_id": "abc"}


@pytest.mark.once
def test_a_line_says_nothing_else_that_was_given_to_its_logger() -> None:
    found = written("x", request=object(), once_a_minute=("a", 1), status_code=403, event="failed", path="/a", status=0)
    assert found.keys() == {"time", "level", "logger", "message", "event", "path", "status"}


@pytest.mark.once
@pytest.mark.parametrize("secret", [TOKEN, SECRET, TOKEN.lower(), TOKEN[:20]])
@pytest.mark.parametrize("text", ["{}", "a\n{}\t", '"{}"', "\\{}\\", "ż{}\u2028", "/path/{}/more"])
def test_t36_a_token_is_struck_out_wherever_it_stands(secret: str, text: str) -> None:
    hidden = text.format(secret)
    found = json.dumps([written(hidden), written("%s", hidden), written("x", path=hidden), written({"a": hidden})])
    assert secret[5:] not in found
    assert "_[removed]" in found


@pytest.mark.once
def test_t36_a_token_is_struck_out_of_an_exception() -> None:
    try:
        int(TOKEN)
    except ValueError:
        found = written("failed", exc_info=sys.exc_info())
    assert "Traceback" in found["exception"]
    assert "enrt_[removed]" in found["exception"]


@pytest.mark.once
def test_what_django_says_of_a_client_is_an_event() -> None:
    events = {"DisallowedHost": "foreign_host", "csrf": "csrf_failed", "RequestDataTooBig": "suspicious_request"}
    for name, event in events.items():
        assert written("x", name=f"django.security.{name}")["event"] == event
    assert event_of(logging.LogRecord("tokens", 1, "", 1, "", (), None)) == ""


@pytest.mark.django_db(transaction=True)
def test_t36_every_line_of_the_server_is_json_with_no_token_in_it(tmp_path: Any) -> None:
    server = ResourceServerFactory.create()
    with gunicorn(tmp_path, LOG_FORMAT="json", ACCESS_LOG="True") as live:
        live.introspect(server, TOKEN)
        refused = basic(server.client_id, SECRET)
        body = f"token={TOKEN}"
        for head in (
            f"POST /oauth/introspect?token={TOKEN} HTTP/1.1\r\nAuthorization: {refused}\r\n",
            f"GET /{TOKEN}/%65nrt_{TOKEN[5:]}?q={TOKEN} HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\n",
            "GET /healthz HTTP/1.1\r\nX-Request-Id: ours\r\n",
            f"GE\x00T /{TOKEN} HTTP/1.1\r\n",
        ):
            form = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
            live.send(f"{head}Host: {TOKEN}.example\r\nConnection: close\r\n{form}\r\n{body}".encode())
    log = live.log.read_text()
    lines = [json.loads(line) for line in log.splitlines()]
    assert TOKEN[5:] not in log
    assert SECRET[5:] not in log
    assert {"resource_server_refused", "foreign_host"} <= {line.get("event") for line in lines}
    paths = {line["path"]: line for line in lines if line["logger"] == "access"}
    assert paths["/oauth/introspect"]["resource_server"] == server.client_id
    assert paths["/healthz"]["status"] == 200
