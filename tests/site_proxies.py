"""Starts each proxy of docs/operations.md in front of the sites, and connects to it over TLS, as a client does."""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from pathlib import Path
from typing import NamedTuple

import pytest
from django.conf import settings

from tests import programs
from tests.command_line import BASE_DIR
from tests.gunicorn import Answer, gunicorn
from tests.postgresql import free_port
from tests.service import end

GUIDE = (BASE_DIR / "docs" / "operations.md").read_text().partition("## Behind a proxy\n")[2].partition("\n## ")[0]
# What a client says of itself; nothing of it may count.
LIES = ("X-Forwarded-Proto: http", "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Host: evil.example", "X-Forwarded-Ssl: off")
MODULES = ("mpm_event", "authz_core", "ssl", "socache_shmcb", "headers", "proxy", "proxy_http")


class Kind(NamedTuple):
    """How a proxy is started with what the guide shows; `{folder}` and `{port}` are replaced."""

    program: Callable[[], Path | None]
    arguments: tuple[str, ...]
    listens: tuple[str, str]
    before: str
    after: str = ""


KINDS = {
    "caddyfile": Kind(
        programs.caddy,
        ("run", "--adapter", "caddyfile", "--config", "{folder}/configuration"),
        ("tokens.example.com {", "https://tokens.example.com:{port} {\n\ttls {folder}/tokens.pem {folder}/tokens.pem"),
        "{\n\tadmin off\n\tauto_https off\n}\n",
    ),
    "nginx": Kind(
        programs.nginx,
        ("-p", "{folder}", "-e", "{folder}/log", "-c", "configuration"),
        ("listen 443 ssl;", "listen 127.0.0.1:{port} ssl;"),
        "daemon off;\npid pid;\nevents {}\nhttp {\naccess_log off;\n"
        + "".join(f"{name}_temp_path {name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")),
        "}\n",
    ),
    "haproxy": Kind(
        programs.haproxy,
        ("-db", "-f", "{folder}/configuration"),
        ("bind :443", "bind 127.0.0.1:{port}"),
        "defaults\n mode http\n timeout client 20s\n timeout server 20s\n timeout connect 5s\n",
    ),
    "apache": Kind(
        programs.apache,
        ("-X", "-f", "{folder}/configuration"),
        ("<VirtualHost *:443>", "<VirtualHost *:{port}>"),
        "ServerRoot {folder}\nPidFile pid\nErrorLog log\nServerName localhost\nListen 127.0.0.1:{port}\n"
        + "".join(f"LoadModule {name}_module {programs.APACHE_MODULES}/mod_{name}.so\n" for name in MODULES),
    ),
}


@contextmanager
def proxy(name: str, folder: Path, port: int, service: int) -> Iterator[Path]:
    """Serve what the guide shows for it on this port, in front of the service; yields the file of its certificate."""
    kind = KINDS[name]
    program = kind.program()
    if program is None:
        pytest.skip(f"{name} is not installed")
    shown = re.search(rf"^```{name}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    assert shown
    assert kind.listens[0] in shown[1]
    text = kind.before + shown[1].replace(*kind.listens) + kind.after
    for placeholder, value in {
        "{folder}": str(folder),
        "{port}": str(port),
        "/etc/ssl": str(folder),
        "127.0.0.1:8000": f"127.0.0.1:{service}",
    }.items():
        text = text.replace(placeholder, value)
    (folder / "configuration").write_text(text)
    log, certificate = folder / "log", certified(folder)
    arguments = [argument.format(folder=folder) for argument in kind.arguments]
    with log.open("ab") as lines:
        process = subprocess.Popen([program, *arguments], cwd="/", stdout=lines, stderr=lines)
    try:
        wait_until_it_listens(port, process, log)
        yield certificate
    finally:
        end(process)


def certified(folder: Path) -> Path:
    """A file with a certificate for tokens.example.com, and its key."""
    names = ["-subj", "/CN=tokens.example.com", "-addext", "subjectAltName=DNS:tokens.example.com"]
    files = ["-keyout", str(folder / "key"), "-out", str(folder / "certificate")]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *files, *names]
    subprocess.run(command, check=True, capture_output=True)
    path = folder / "tokens.pem"
    path.write_text((folder / "certificate").read_text() + (folder / "key").read_text())
    return path


def wait_until_it_listens(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once a client may connect; raises `AssertionError` with the log where the program does not start."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text())


class Browser(NamedTuple):
    """Somebody in front of the proxy, who believes this certificate."""

    port: int
    certificate: Path

    @property
    def origin(self) -> str:
        """What BASE_URL says."""
        return f"https://tokens.example.com:{self.port}"

    def connect(self) -> ssl.SSLSocket:
        """A connection of its own, which the caller closes."""
        context = ssl.create_default_context(cafile=self.certificate)
        connected = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        return context.wrap_socket(connected, server_hostname="tokens.example.com")

    def ask(self, *lines: str, form: str = "") -> Answer:
        """The answer to these lines and the lies, over a connection of their own."""
        head = [*lines, f"Host: tokens.example.com:{self.port}", "Connection: close", *LIES]
        content = ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(form)}", "", form]
        with self.connect() as secured:
            secured.sendall("\r\n".join(head + content).encode())
            response = HTTPResponse(secured)
            response.begin()
            return Answer(response.status, response.getheaders(), response.read())


@contextmanager
def sites_behind(name: str, folder: Path) -> Iterator[Browser]:
    """The service behind the proxy of this name, both in a folder of their own below this one."""
    port = free_port()
    for path in (folder / "data", folder / "proxy"):
        path.mkdir()
    (folder / "data" / "static").symlink_to(settings.STATIC_ROOT)
    origin = f"https://tokens.example.com:{port}"
    with (
        gunicorn(folder / "data", BASE_URL=origin, TRUSTED_PROXY_COUNT="1") as service,
        proxy(name, folder / "proxy", port, service.port) as certificate,
    ):
        yield Browser(port, certificate)
