"""Starts each proxy as deploy/ sets it up, in front of the service, and connects to it over TLS, as a client does."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPResponse
from pathlib import Path
from typing import NamedTuple

import pytest
from django.conf import settings

from tests import programs
from tests.command_line import BASE_DIR
from tests.gunicorn import START_SECONDS, Answer, gunicorn
from tests.postgresql import free_port
from tests.service import end

DEPLOY = BASE_DIR / "deploy"
HOST = "tokens.example.com"
# What a client says of itself; nothing of it may count.
LIES = ("X-Forwarded-Proto: http", "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Host: evil.example", "X-Forwarded-Ssl: off")
MODULES = ("mpm_event", "authz_core", "ssl", "socache_shmcb", "headers", "proxy", "proxy_http")
TEMPORARY = "".join(f"{name}_temp_path {name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))


class Kind(NamedTuple):
    """How a proxy is started with its file of deploy/.

    `names` are what stands in the file for this machine's names, and what stands for it here; `{folder}`,
    `{certificate}` (with its key), `{port}` and `{plain}` (of https and http), `{one}` and `{two}` (where the service
    listens) are replaced in both.
    """

    program: Callable[[], Path | None]
    file: str
    arguments: tuple[str, ...]
    names: dict[str, str]
    before: str = ""
    after: str = ""


KINDS = {
    "caddy": Kind(
        programs.caddy_of_today,
        "caddy/Caddyfile",
        ("run", "--adapter", "caddyfile", "--config", "{folder}/configuration"),
        {
            "\n{\n": "\n{\n\tadmin off\n\tauto_https off\n",
            "\nhttp://tokens.example.com {": "\nhttp://tokens.example.com:{plain} {",
            "\ntokens.example.com {": "\nhttps://tokens.example.com:{port} {\n\ttls {certificate}",
            "192.0.2.11:8000": "{one}",
            "192.0.2.12:8000": "{two}",
        },
    ),
    "nginx": Kind(
        programs.nginx,
        "nginx/reference-tokens.conf",
        ("-p", "{folder}", "-e", "{folder}/log", "-c", "configuration"),
        {
            "listen 443 ssl http2;": "listen 127.0.0.1:{port} ssl http2;",
            "    listen [::]:443 ssl http2;\n": "",
            "listen 80;": "listen 127.0.0.1:{plain};",
            "    listen [::]:80;\n": "",
            "/etc/ssl": "{folder}",
            "192.0.2.11:8000": "{one}",
            "192.0.2.12:8000": "{two}",
        },
        f"daemon off;\npid pid;\nevents {{}}\nhttp {{\naccess_log off;\n{TEMPORARY}",
        "}\n",
    ),
    "haproxy": Kind(
        programs.haproxy,
        "haproxy/haproxy.cfg",
        ("-db", "-f", "{folder}/configuration"),
        {
            "    user haproxy\n    group haproxy\n": "",
            "bind :80": "bind 127.0.0.1:{plain}",
            "bind :443": "bind 127.0.0.1:{port}",
            "/etc/ssl/tokens.pem": "{folder}/both.pem",
            "192.0.2.11:8000": "{one}",
            "192.0.2.12:8000": "{two}",
        },
    ),
    "apache": Kind(
        programs.apache,
        "apache/reference-tokens.conf",
        ("-X", "-f", "{folder}/configuration"),
        {"<VirtualHost *:443>": "<VirtualHost *:{port}>", "/etc/ssl": "{folder}", "127.0.0.1:8000": "{one}"},
        "ServerRoot {folder}\nPidFile pid\nErrorLog log\nServerName localhost\nListen 127.0.0.1:{port}\n"
        + "".join(f"LoadModule {name}_module {programs.APACHE_MODULES}/mod_{name}.so\n" for name in MODULES),
    ),
}


def configuration(kind: Kind, **values: object) -> str:
    """The file of deploy/ with these names, ports and certificates; everything else of it stays."""
    text = (DEPLOY / kind.file).read_text()
    for name, here in kind.names.items():
        assert name in text, name
        text = text.replace(name, here)
    text = kind.before + text + kind.after
    for placeholder, value in values.items():
        text = text.replace(f"{{{placeholder}}}", str(value))
    return text


class Browser(NamedTuple):
    """Somebody in front of the proxy, who believes this certificate."""

    port: int
    certificate: Path
    plain: int

    @property
    def origin(self) -> str:
        """What BASE_URL says."""
        return f"https://{HOST}:{self.port}"

    def connect(self) -> ssl.SSLSocket:
        """A connection of its own, which the caller closes."""
        context = ssl.create_default_context(cafile=self.certificate)
        connected = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        return context.wrap_socket(connected, server_hostname=HOST)

    def ask(self, *lines: str, form: str = "") -> Answer:
        """The answer to these lines and the lies, over a connection of their own."""
        return self._asked(self.connect(), f"{HOST}:{self.port}", lines, form)

    def ask_in_clear(self, *lines: str) -> Answer:
        """The answer to these lines over http."""
        return self._asked(socket.create_connection(("127.0.0.1", self.plain), timeout=20), HOST, lines, "")

    def _asked(self, connected: socket.socket, host: str, lines: Sequence[str], form: str) -> Answer:
        head = [*lines, f"Host: {host}", "Connection: close", *LIES]
        content = ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(form)}", "", form]
        with connected:
            connected.sendall("\r\n".join(head + content).encode())
            response = HTTPResponse(connected)
            response.begin()
            return Answer(response.status, response.getheaders(), response.read())


@contextmanager
def proxy(name: str, folder: Path, port: int, *services: int, plain: int = 0) -> Iterator[Browser]:
    """Serve with the file of this proxy on this port, in front of the one or two services on these ports.

    http is at the `plain` port, or a free one.
    """
    kind = KINDS[name]
    program = kind.program()
    if program is None:
        pytest.skip(f"{name} is not installed")
    folder.mkdir()
    plain, certificate = plain or free_port(), certified(folder)
    one, two = (f"127.0.0.1:{service}" for service in (services[0], services[-1]))
    pair = f"{certificate} {certificate.with_name('tokens.key')}"
    text = configuration(kind, folder=folder, port=port, plain=plain, one=one, two=two, certificate=pair)
    (folder / "configuration").write_text(text)
    log = folder / "log"
    arguments = [argument.format(folder=folder) for argument in kind.arguments]
    with log.open("ab") as lines:
        process = subprocess.Popen([program, *arguments], cwd="/", stdout=lines, stderr=lines)
    try:
        wait_until_it_listens(port, process, log)
        yield Browser(port, certificate, plain)
    finally:
        end(process)


def certified(folder: Path) -> Path:
    """A certificate of the host, with its key beside it, and a file with both."""
    names = ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
    key, certificate = folder / "tokens.key", folder / "tokens.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subprocess.run([*command, "-keyout", key, "-out", certificate, *names], check=True, capture_output=True)
    (folder / "both.pem").write_text(certificate.read_text() + key.read_text())
    return certificate


def wait_until_it_listens(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once a client may connect; raises `AssertionError` with the log where the program does not start."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text())


@contextmanager
def sites_behind(name: str, folder: Path) -> Iterator[Browser]:
    """The service behind the proxy of this name, both in a folder of their own below this one."""
    port = free_port()
    (folder / "data").mkdir()
    (folder / "data" / "static").symlink_to(settings.STATIC_ROOT)
    with (
        gunicorn(folder / "data", BASE_URL=f"https://{HOST}:{port}", TRUSTED_PROXY_COUNT="1") as service,
        proxy(name, folder / "proxy", port, service.port) as browser,
    ):
        yield browser
