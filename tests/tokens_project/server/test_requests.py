"""Reading what has arrived costs as much as has arrived: it is done in the event loop, where everybody waits for it."""

from __future__ import annotations

from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http.body import ChunkedReader

from reference_tokens.endpoints.leaks import LONGEST_BODY
from reference_tokens.management_api.requests import MAXIMUM_BODY_LENGTH
from tokens_project.server.requests import LONGEST_OF_LONG_BODIES, body_of, parsed_head
from tokens_project.server.settings_at_hand import put_at_hand

pytestmark = pytest.mark.once

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
NEXT = b"GET /next HTTP/1.1\r\nHost: x\r\n\r\n"


def read(body: bytes, head: bytes = HEAD) -> tuple[bytes | None, bytes]:
    """The body, and what is left behind it."""
    request, behind = parsed_head(Config(), head + body, ("192.0.2.1", 1), 1)
    arrived = bytearray(behind)
    return body_of(request).take(arrived), bytes(arrived)


@pytest.mark.parametrize("extension", [b"", b";name=value"])
def test_ava1_a_body_in_very_many_chunks_is_not_copied_for_each(
    monkeypatch: pytest.MonkeyPatch, extension: bytes
) -> None:
    copied, parse = 0, ChunkedReader.parse_chunk_size

    def counted(self: Any, unreader: Any, data: bytes | None = None) -> Any:
        nonlocal copied
        copied += len(data or b"")
        return parse(self, unreader, data)

    monkeypatch.setattr(ChunkedReader, "parse_chunk_size", counted)
    chunk = b"1" + extension + b"\r\nx\r\n"
    number = 120_000 // len(chunk)
    assert read(chunk * number + b"0\r\n\r\n") == (b"x" * number, b"")
    assert copied < 1024 * number


@pytest.mark.parametrize("size", [1, 7, 1000, 1024, 1025, 60_000])
@pytest.mark.parametrize("trailer", [b"", b"X-Trailer: y\r\n", b"X-Trailer: " + b"y" * 4000 + b"\r\n"])
def test_val5_what_stands_behind_a_body_in_chunks_is_left(size: int, trailer: bytes) -> None:
    data = bytes(range(256)) * 235
    pieces = [data[start : start + size] for start in range(0, 60_000 if size > 1 else 9000, size)]
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    assert read(body + b"0\r\n" + trailer + b"\r\n" + NEXT * 40) == (b"".join(pieces), NEXT * 40)


@pytest.mark.parametrize("path", [b"/", b"/leaks/revoke", b"/api/v1/configuration"])
@pytest.mark.parametrize("in_chunks", [False, True])
def test_t58_a_report_or_a_configuration_may_be_longer_than_what_a_page_takes(path: bytes, in_chunks: bool) -> None:
    for length in (65_536, 65_537, 131_072, 131_073):
        body = b"x" * length
        head = HEAD.replace(b" / ", b" " + path + b" ")
        if in_chunks:
            found = read(b"%x\r\n%b\r\n0\r\n\r\n" % (length, body), head)
        else:
            found = read(body, head.replace(b"Transfer-Encoding: chunked", b"Content-Length: %d" % length))
        assert (found[0] == body) == (length <= (65_536 if path == b"/" else 131_072))


def test_api1_what_the_applications_take_at_the_most_is_what_arrives() -> None:
    assert MAXIMUM_BODY_LENGTH == LONGEST_BODY == LONGEST_OF_LONG_BODIES


def test_gunicorn_finds_the_settings_that_are_at_hand() -> None:
    config = Config()
    config.set("limit_request_line", 77)
    put_at_hand(config)
    assert {name: getattr(config, name) for name in ("limit_request_line", "header_map", "keepalive")} == {
        "limit_request_line": 77,
        "header_map": "drop",
        "keepalive": 2,
    }
    assert all(vars(config)[name] == setting.get() for name, setting in config.settings.items())


def test_t32_no_header_of_a_client_says_the_scheme_or_moves_the_path() -> None:
    config = Config()
    config.set("secure_scheme_headers", {"X-FORWARDED-PROTO": "https"})
    config.set("forwarder_headers", "SCRIPT_NAME")
    config.set("header_map", "drop")
    head = b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-Proto: https\r\nScript_Name: /x\r\n\r\n"
    request, _behind = parsed_head(config, head, ("127.0.0.1", 1), 1)
    assert request.scheme == "http"
    assert [name for name, _value in request.headers] == ["HOST", "X-FORWARDED-PROTO"]
