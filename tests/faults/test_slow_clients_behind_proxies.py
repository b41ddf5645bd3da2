"""Clients that never finish hold nothing but a socket behind the proxies of deploy/ too (AVA-1)."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.introspection import UNKNOWN, credentials
from tests.site_proxies import sites_behind

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

# More than all threads of both processes, of each kind.
MANY = 20
HOST = b"Host: tokens.example.com\r\n"
UNFINISHED = (
    b"",
    b"G",
    b"POST /oauth/introspect HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\nto",
    b"POST /oauth/introspect HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n40\r\nto",
    b"POST /accounts/login/ HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\nlo",
)


# An Apache is left out: its own threads are what such clients hold.
@pytest.mark.parametrize("name", ["caddy", "haproxy", "nginx"])
def test_ava1_unfinished_clients_stop_no_validation_behind_a_proxy(server: Any, tmp_path: Path, name: str) -> None:
    with sites_behind(name, tmp_path) as client, ExitStack() as held:
        for data in UNFINISHED * MANY:
            held.enter_context(client.connect()).sendall(data)
        authorization = f"Authorization: {credentials(server)}"
        form = urlencode({"token": UNKNOWN})
        answers = {
            client.ask("POST /oauth/introspect HTTP/1.1", authorization, form=form).status for _each in range(20)
        }
        pages = {client.ask(f"GET {path} HTTP/1.1").status for path in ("/healthz", "/accounts/login/")}
    assert (answers, pages) == ({200}, {200})
