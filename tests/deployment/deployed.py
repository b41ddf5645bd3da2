"""What docs/operations.md leads to, for the time of a block: PostgreSQL, Redis, two processes, and nginx with TLS."""

from __future__ import annotations

import os
import select
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx2 as httpx
import psycopg
import pytest

from tests import postgresql, programs, redis
from tests.command_line import BASE_DIR, Outcome
from tests.deployment.journey import Machine, blocks_of_journey
from tests.postgresql import kept_port
from tests.service import ask
from tests.site_proxies import HOST, proxy
from tests.smtp import mail_server

METRICS_TOKEN = "for-tests-only-" + "metrics0123456789" * 2


class Deployment(NamedTuple):
    """What stands at the end of the journey."""

    machine: Machine
    settings: dict[str, str]
    ports: list[int]
    origin: str
    certificate: Path
    mails: Path
    database: str
    cache: str
    http: httpx.Client

    def command(self, *words: str, stdin: str = "") -> Outcome:
        """The installed command, as the operator calls it."""
        ended = subprocess.run(
            [self.machine.code / "bin" / "reference-tokens", *words],
            cwd="/",
            env={"PATH": os.environ["PATH"], **self.settings},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Outcome(ended.returncode, ended.stdout, ended.stderr)

    def serve(self, port: int) -> None:
        """Start what serves at this port, as its unit names it; another start of the machine ends it."""
        subprocess.run([self.machine.folder / f"serve-{port}"], check=True)
        eventually(lambda: ask(port, "GET", "/readyz").status == 200)

    def process(self, port: int) -> int:
        """The process that serves at this port, of which others are children."""
        return int((self.machine.folder / f"{port}.pid").read_text())

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """The answer through the proxy, over TLS, as to the name of the service."""
        port = urlsplit(self.origin).port
        client = options.pop("client", self.http)
        headers = {"Host": f"{HOST}:{port}", "Origin": self.origin} | options.pop("headers", {})
        return client.request(
            method,
            f"https://127.0.0.1:{port}{path}",
            headers=headers,
            extensions={"sni_hostname": HOST},
            timeout=60,
            **options,
        )


def browser(certificate: Path) -> httpx.Client:
    """Somebody who believes this certificate, and keeps cookies."""
    return httpx.Client(verify=ssl.create_default_context(cafile=certificate))


@contextmanager
def server_of(machine: Machine, port: int) -> Iterator[dict[str, str]]:
    """What stands for `systemctl`, which starts what the unit names at the port; the server ends after the block."""
    pid, log = machine.folder / f"{port}.pid", machine.folder / f"{port}.log"
    script = machine.folder / f"serve-{port}"
    script.write_text(
        f'#!/bin/sh\nset -a; . "{machine.environment_file}"; set +a\nexport PORT={port} WORKERS=1\n'
        f"$(sed -n 's/^ExecStart=//p' {machine.unit('reference-tokens-migrate')}) >'{log}' 2>&1\n"
        f"$(sed -n 's/^ExecStart=//p' {machine.unit('reference-tokens')}) >>'{log}' 2>&1 &\necho $! >'{pid}'\n"
    )
    script.chmod(0o755)
    try:
        yield {"SERVE": str(script)}
    finally:
        if pid.exists():
            end(int(pid.read_text()))


def end(pid: int) -> None:
    """End a process that is nobody's child here, and wait until it has."""
    with suppress(ProcessLookupError):
        process = os.pidfd_open(pid)
        try:
            signal.pidfd_send_signal(process, signal.SIGTERM)
            ended, _write, _other = select.select([process], [], [], 60)
            assert ended
        finally:
            os.close(process)


def eventually(holds: Callable[[], Any]) -> Any:
    """What the question says at last, asked for up to a minute: nobody may listen yet."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(OSError):
            if found := holds():
                return found
        time.sleep(0.1)
    raise AssertionError("in vain")


def here(database: str, cache: str, mail_port: int, origin: str, port: int) -> dict[str, str]:
    """What stands here for the names and addresses of the pages."""
    return {
        "CREATE ROLE tokens": "CREATE ROLE journey",
        "OWNER tokens": "OWNER journey",
        "postgres://tokens:PASSWORD@db.example.com/tokens": (
            f"postgres://journey:PASSWORD@127.0.0.1:{urlsplit(database).port}/tokens"
        ),
        "smtps://tokens:PASSWORD@mail.example.com:465": f"smtp://127.0.0.1:{mail_port}",
        "redis://cache.example.com:6379/0": cache,
        "https://tokens.example.com": origin,
        "http://127.0.0.1:8000": f"http://127.0.0.1:{port}",
    }


@contextmanager
def deployed(folder: Path, **settings: str) -> Iterator[Deployment]:
    """What whoever follows docs/operations.md has at the end, from the wheel on, for the time of the block.

    With these settings besides.
    """
    server_programs, redis_program = postgresql.programs(), programs.redis()
    if not (server_programs and redis_program and programs.nginx()):
        pytest.skip("PostgreSQL, Redis or nginx is not installed")
    one, two, port, mail_port = (kept_port() for _each in range(4))
    origin, mails = f"https://{HOST}:{port}", folder / "mails"
    mails.mkdir()
    with ExitStack() as running:
        database = running.enter_context(postgresql.server(server_programs))
        cache = running.enter_context(redis.server(redis_program))
        running.enter_context(mail_server(mail_port, mails))
        machine = Machine(folder / "machine", here(database, cache, mail_port, origin, one))
        subprocess.run([sys.executable, "-m", "artefact.build", machine.folder / "dist"], cwd=BASE_DIR, check=True)
        serve = running.enter_context(server_of(machine, one))
        proxied = None
        more = {"METRICS_TOKEN": METRICS_TOKEN, "AUDIT_STREAM": str(folder / "audit.jsonl"), **settings}
        for block in blocks_of_journey():
            if block.language == "sql":
                with psycopg.connect(database, autocommit=True) as connection:
                    for statement in machine.here(block.text).split(";"):
                        connection.execute(statement)
                continue
            if block.text.lstrip().startswith("scp"):
                # Then the second machine serves with the same file, and the proxy leads to both.
                second = running.enter_context(server_of(machine, two))
                subprocess.run([second["SERVE"]], check=True)
                eventually(lambda: ask(two, "GET", "/readyz").status == 200)
                proxied = running.enter_context(proxy("nginx", folder / "proxy", port, one, two))
            machine.type(block, **more, **serve)
        assert proxied
        asking = running.enter_context(browser(proxied.certificate))
        database = f"{database.rpartition('/')[0]}/tokens"
        yield Deployment(
            machine, machine.settings(), [one, two], origin, proxied.certificate, mails, database, cache, asking
        )
