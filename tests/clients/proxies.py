"""Starts each proxy with its file of docs/snippets/, in which only addresses, ports and the client id are replaced."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import postgresql, programs
from tests.clients.names import two_addresses_for_every_name
from tests.clients.upstream import Proxy
from tests.command_line import BASE_DIR
from tests.service import end, wait_until_it_answers

SNIPPETS = BASE_DIR / "docs" / "snippets"


class Kind(NamedTuple):
    """How a proxy is started with its snippet."""

    snippet: str
    program: Callable[[], Path | None]
    arguments: tuple[str, ...]
    # What stands in the snippet, and what the test puts there; each with {port} and {tokens}.
    listens: tuple[tuple[str, str], ...]
    before: str = ""
    after: str = ""


CADDY = "{\n\tadmin off\n\tauto_https off\n}\n"
# Envoy's TLS is left out, since the service of the tests speaks plain HTTP.
TLS = SNIPPETS.joinpath("envoy.yaml").read_text().partition("      transport_socket:")
KINDS = {
    "caddy": Kind(
        "Caddyfile",
        programs.caddy,
        ("run", "--adapter", "caddyfile", "--config", "{folder}/Caddyfile"),
        (("api.example.com {", "http://:{port} {{\n\tbind 127.0.0.1"),),
        before=CADDY,
    ),
    "haproxy": Kind(
        "haproxy.cfg",
        programs.haproxy,
        ("-db", "-f", "{folder}/haproxy.cfg"),
        (
            ("bind :80", "bind 127.0.0.1:{port}"),
            ("/etc/haproxy/haproxy-auth.lua", str(SNIPPETS / "haproxy-auth.lua")),
            ("https://tokens.example.com", "http://tokens.example.com:{tokens}"),
        ),
        after="\nresolvers default\n    nameserver test 127.0.0.1:{names}\n",
    ),
    "envoy": Kind(
        "envoy.yaml",
        programs.envoy,
        (
            "--config-path",
            "{folder}/envoy.yaml",
            "--concurrency",
            "1",
            "--disable-hot-restart",
            "--log-level",
            "warning",
        ),
        (
            ("address: 0.0.0.0, port_value: 80}", "address: 127.0.0.1, port_value: {port}}}"),
            # Envoy itself gives this name an IPv6 address too.
            ("address: tokens.example.com, port_value: 443", "address: localhost, port_value: {tokens}"),
            (TLS[1] + TLS[2], ""),
        ),
    ),
    "traefik": Kind(
        "traefik.yaml",
        programs.traefik,
        (
            "--entryPoints.web.address=127.0.0.1:{port}",
            "--providers.file.filename={folder}/traefik.yaml",
            "--global.checkNewVersion=false",
            "--global.sendAnonymousUsage=false",
        ),
        (("Host(`api.example.com`)", "PathPrefix(`/`)"),),
    ),
}


def configuration(kind: Kind, port: int, api: int, tokens: int, client_id: str, names: int) -> str:
    """The snippet with the placeholders replaced."""
    text = (SNIPPETS / kind.snippet).read_text()
    replaced = [(before, after.format(port=port, tokens=tokens)) for before, after in kind.listens]
    replaced += [
        ("https://tokens.example.com", f"http://127.0.0.1:{tokens}"),
        ("127.0.0.1:9000", f"127.0.0.1:{api}"),
        ("address: 127.0.0.1, port_value: 9000", f"address: 127.0.0.1, port_value: {api}"),
        ("rs_0123456789abcdef0123", client_id),
    ]
    for before, after in replaced:
        text = text.replace(before, after)
    return kind.before + text + kind.after.format(names=names)


@contextmanager
def running(name: str, api: int, tokens: int, client_id: str) -> Iterator[Proxy]:
    """Serve the snippet with these ports and this client id."""
    kind = KINDS[name]
    program = kind.program()
    if program is None:
        pytest.skip(f"{name} is not installed")
    port = postgresql.free_port()
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    log = folder / "log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    try:
        command = [str(program), *(argument.format(port=port, folder=folder) for argument in kind.arguments)]
        with log.open("wb") as lines, two_addresses_for_every_name() as names:
            (folder / kind.snippet).write_text(configuration(kind, port, api, tokens, client_id, names))
            process = subprocess.Popen(
                command, cwd="/", env=environment | {"HOME": str(folder)}, stdout=lines, stderr=lines
            )
            try:
                wait_until_it_answers(port, process, log, "/")
                wait_until_it_has_read_its_file(Proxy(port), log)
                yield Proxy(port)
            finally:
                end(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wait_until_it_has_read_its_file(proxy: Proxy, log: Path) -> None:
    """Traefik answers before it has read its file: 404 until then."""
    deadline = time.monotonic() + 15
    while proxy.ask("OPTIONS", "/").status == 404:
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
