"""What the server answers by itself says nothing of the request, and has the headers of every answer."""

from __future__ import annotations

import pytest

from reference_tokens.endpoints.answers import hardened
from reference_tokens.token_values.token_format import generate
from tests.tokens_project.server.served_worker import CLOSE, Served, head
from tokens_project.server.refusing import busy_answer

pytestmark = pytest.mark.once

LINES = [f"{name}: {value}".encode("ascii") for name, value in hardened(b"", "text/plain").headers[2:]]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"%s / HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /%s SPDY/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nX %s: z\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: %s\r\n\r\n", b"501"),
        (b"GET /%s" + b"x" * 9000, b"414"),
        (b"GET / HTTP/1.1\r\n" + b"X-Long: %s\r\n" * 1000, b"431"),
        (head(b"/fails", CLOSE, b"X-Api-Key: %s"), b"500"),
    ],
)
def test_t37_t42_t43_what_the_server_refuses_has_every_header_and_repeats_nothing(
    served: Served, data: bytes, status: bytes
) -> None:
    token = generate().encode("ascii")
    lines, _blank, content = served.ask(data.replace(b"%s", token)).partition(b"\r\n\r\n")
    assert lines[9:12] == status
    assert set(LINES) <= set(lines.split(b"\r\n"))
    assert b"Content-Length: %d\r\n" % len(content) in lines
    assert token not in content


@pytest.mark.parametrize("path", ["/oauth/introspect", "/profile/"])
def test_t42_t43_nor_is_a_header_missing_where_too_many_wait(path: str) -> None:
    assert set(LINES) <= set(busy_answer(path).split(b"\r\n"))
