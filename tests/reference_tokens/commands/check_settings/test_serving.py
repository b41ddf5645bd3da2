"""RUN-8: where the service listens, its connections, its certificate, and the proxies in front of it."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from tests import programs
from tests.command_line import Runner
from tests.conftest import is_postgresql
from tests.gunicorn import Gunicorn
from tests.openid.liar import Liar
from tests.postgresql import free_port
from tests.reference_tokens.commands.check_settings.checked_settings import found
from tests.service import end
from tests.site_proxies import certified, wait_until_it_listens

pytestmark = pytest.mark.django_db

CHAIN = """
daemon off;
pid pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxied; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
    server {{
        listen 127.0.0.1:{first};
        location / {{
            proxy_pass http://127.0.0.1:{second};
            proxy_set_header Host localhost;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }}
    }}
    server {{
        listen 127.0.0.1:{second};
        location / {{
            proxy_pass http://127.0.0.1:{service};
            proxy_set_header Host localhost;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }}
    }}
}}
"""


@contextmanager
def two_proxies(folder: Path, service: int) -> Iterator[tuple[int, int]]:
    """One nginx before another; yields the ports of the first and the second."""
    program = programs.nginx()
    if program is None:
        pytest.skip("nginx is not installed")
    first, second = free_port(), free_port()
    (folder / "configuration").write_text(CHAIN.format(first=first, second=second, service=service))
    log = folder / "log"
    with log.open("ab") as lines:
        command = [str(part) for part in (program, "-p", folder, "-e", log, "-c", "configuration")]
        process = subprocess.Popen(command, cwd="/", stdout=lines, stderr=lines)
    try:
        wait_until_it_listens(first, process, log)
        yield first, second
    finally:
        end(process)


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_run8_as_many_proxies_must_be_believed_as_there_are(
    command: Runner, settings: Any, tmp_path: Path, live_gunicorn: Gunicorn
) -> None:
    with two_proxies(tmp_path, live_gunicorn.port) as (first, second):
        for port, believed, works, says in (
            (first, 2, True, "and sees who calls"),
            (second, 1, True, "and sees who calls"),
            (first, 1, False, "every client has the address of a proxy"),
            (second, 2, False, "clients can write an address themselves"),
        ):
            settings.BASE_URL, settings.TRUSTED_PROXY_COUNT = f"http://localhost:{port}", believed
            found_here = found(command, "TRUSTED_PROXY_COUNT")
            assert found_here[0] is works
            assert says in found_here[1]


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_t36_nobody_without_the_key_is_told_what_reaches_the_service(live_gunicorn: Gunicorn) -> None:
    request = b"GET /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nX-Settings-Probe: gAAAAABforged\r\n\r\n"
    assert live_gunicorn.send(request).header("X-Settings-Seen") is None


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_run8_the_port_is_free_or_the_services_own(
    command: Runner, settings: Any, live_gunicorn: Gunicorn, provider: Liar
) -> None:
    settings.PORT = free_port()
    assert found(command, "PORT") == (True, f"127.0.0.1:{settings.PORT} is free; the service does not run here now")
    settings.PORT = live_gunicorn.port
    issuer = live_gunicorn.send(b"GET /.well-known/oauth-authorization-server HTTP/1.1\r\nHost: localhost\r\n\r\n").body
    settings.BASE_URL = issuer.decode().partition('"issuer": "')[2].partition('"')[0]
    assert found(command, "PORT") == (True, f"the service listens on 127.0.0.1:{settings.PORT}")
    settings.BASE_URL = "http://tokens.localhost:8000"
    assert found(command, "PORT")[0] is False


@pytest.mark.once
@pytest.mark.parametrize(("host", "body"), [("127.0.0.1", b"[]"), ("0.0.0.0", b"no"), ("::1", b"{}"), ("::", b"[]")])
def test_run8_a_port_that_another_program_has_is_told(command: Runner, settings: Any, host: str, body: bytes) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as other:
        settings.HOST, settings.PORT = host, other.getsockname()[1]
        answering = threading.Thread(target=answer_with, args=[other, body])
        answering.start()
        found_here = found(command, "PORT")
        answering.join()
    assert found_here == (False, f"does not work: another program listens on {host}:{settings.PORT}")


def answer_with(server: socket.socket, body: bytes) -> None:
    """Answer one request with these two bytes."""
    connected, _address = server.accept()
    with connected:
        connected.recv(10_000)
        connected.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n" + body)


@pytest.mark.once
def test_run8_an_address_of_another_machine_cannot_be_listened_on(command: Runner, settings: Any) -> None:
    settings.HOST = "192.0.2.1"
    assert found(command, "PORT")[0] is False


def test_run8_the_database_must_take_the_connections_of_every_process(command: Runner, settings: Any) -> None:
    assert found(command, "WORKERS")[0] is True
    settings.WORKERS, settings.AUDIT_STREAM = 64, "-"
    works, text = found(command, "WORKERS")
    assert works is not is_postgresql()
    assert ("with up to 896 connections" in text) is is_postgresql()


@contextmanager
def speaking_tls(folder: Path) -> Iterator[int]:
    """A server with a certificate for two days; yields its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certified(folder), folder / "tokens.key")
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=shake_hands, args=[server, context], daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def shake_hands(server: socket.socket, context: ssl.SSLContext) -> None:
    """Begin TLS with each client, and say nothing."""
    while True:
        try:
            connected, _address = server.accept()
        except OSError:
            return
        with connected:
            try:
                context.wrap_socket(connected, server_side=True).close()
            except OSError:
                continue


@pytest.mark.once
def test_run8_a_certificate_that_should_have_been_renewed_is_told(
    command: Runner, settings: Any, tmp_path: Path
) -> None:
    with speaking_tls(tmp_path) as port:
        settings.BASE_URL, settings.TRUSTED_PROXY_COUNT = f"https://127.0.0.1:{port}", 1
        works, text = found(command, "BASE_URL")
        assert works
        assert text.endswith("days left: 1")
        works, text = found(command, "TRUSTED_PROXY_COUNT")
        assert not works
        assert text.endswith(" cannot be reached by TLS as browsers do: self-signed certificate")
        with time_machine.travel(timezone.now() + timedelta(hours=47)):
            assert found(command, "BASE_URL")[0] is False
    works, text = found(command, "BASE_URL")
    assert works is None
    assert text.endswith(" by TLS: Connection refused")
    settings.BASE_URL = "http://localhost:8000"
    assert found(command, "BASE_URL") == (True, "http://localhost:8000")
