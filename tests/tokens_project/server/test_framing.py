"""Answers framed as gunicorn does, with less work."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from gunicorn.http import wsgi
from gunicorn.http.errors import InvalidResponseHeader

from tokens_project.server.framing import Framed, checked, date_of, http_date

GIVEN = [
    ("Content-Type", " application/json\t"),
    ("Content-Length", "16"),
    ("Cache-Control", "no-store"),
    ("X-Auth-Username", "r.muster"),
    ("Connection", "close"),
    ("Set-Cookie", "one=1"),
    ("Set-Cookie", "two=2"),
    ("Cache-Control", "no-store"),
]


def framed(headers: list[tuple[str, str]]) -> Framed:
    response = Framed(None, None, None)
    response.process_headers(headers)
    return response


def test_headers_are_taken_as_gunicorn_takes_them() -> None:
    gunicorns = wsgi.Response(None, None, None)
    gunicorns.process_headers(GIVEN)
    for _time in range(2):
        ours = framed(GIVEN)
        assert (ours.headers, ours.response_length) == (gunicorns.headers, gunicorns.response_length)


@pytest.mark.parametrize("name", ["Content-Type", "X-Auth-Username"])
def test_a_header_with_a_line_break_is_refused_each_time(name: str) -> None:
    for _time in range(2):
        with pytest.raises(InvalidResponseHeader):
            framed([(name, "text/plain\r\nSet-Cookie: one=1")])


def test_a_value_that_may_be_a_secret_is_not_kept() -> None:
    framed(GIVEN)
    before = checked.cache_info().currsize
    framed([("Set-Cookie", "sessionid=secret"), ("Location", "/there?code=secret"), ("X-Auth-Subject", "somebody")])
    assert checked.cache_info().currsize == before


def test_the_date_follows_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([0.2, 0.9, 1.0])
    monkeypatch.setattr("tokens_project.server.framing.time", SimpleNamespace(time=lambda: next(seconds)))
    before = date_of.cache_info().misses
    assert [http_date() for _time in range(3)] == [
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Thu, 01 Jan 1970 00:00:01 GMT",
    ]
    assert date_of.cache_info().misses == before + 2
