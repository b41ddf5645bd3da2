"""Whoever does what docs/operations.md says has two processes behind TLS, which work (RUN-4, RUN-8)."""

from __future__ import annotations

import os
import re
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
from tests.pages import form_of
from tests.postgresql import kept_port
from tests.service import ask
from tests.site_proxies import HOST, proxy
from tests.smtp import mail_server, stored

pytestmark = pytest.mark.once

METRICS_TOKEN = "for-tests-only-" + "metrics0123456789" * 2
PASSWORD = "a long password of ada"


class Deployment(NamedTuple):
    """What stands at the end of the journey."""

    machine: Machine
    settings: dict[str, str]
    ports: list[int]
    origin: str
    certificate: Path
    mails: Path
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


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The journey, from the wheel on."""
    server_programs, redis_program = postgresql.programs(), programs.redis()
    if not (server_programs and redis_program and programs.nginx()):
        pytest.skip("PostgreSQL, Redis or nginx is not installed")
    folder = tmp_path_factory.mktemp("journey")
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
        more = {"METRICS_TOKEN": METRICS_TOKEN, "AUDIT_STREAM": str(folder / "audit.jsonl")}
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
        yield Deployment(machine, machine.settings(), [one, two], origin, proxied.certificate, mails, asking)


def test_run8_every_setting_of_the_deployment_works(deployment: Deployment) -> None:
    outcome = deployment.command("check_settings")
    assert (outcome.status, outcome.stderr) == (0, "")
    assert re.search("^CACHE_URL: Redis", outcome.stdout, re.MULTILINE)
    assert re.search("^DATABASE_URL: PostgreSQL", outcome.stdout, re.MULTILINE)


def test_both_processes_are_ready(deployment: Deployment) -> None:
    assert {ask(port, "GET", "/readyz").status for port in deployment.ports} == {200}
    assert deployment.ask("GET", "/readyz").status_code == 200


def test_the_first_administrator_chooses_a_password_by_the_link_that_was_mailed(deployment: Deployment) -> None:
    (mail,) = eventually(lambda: stored(deployment.mails))
    text = mail.get_body(("plain",))
    assert text
    link = re.search(rf"{re.escape(deployment.origin)}(/\S+)", text.get_content())
    assert link
    with browser(deployment.certificate) as ada:
        page = deployment.ask("GET", link[1], client=ada)
        while page.is_redirect:
            path = page.headers["Location"].removeprefix(deployment.origin)
            page = deployment.ask("GET", path, client=ada)
        fields = form_of(page, path)
        typed = {name: PASSWORD for name in fields if "password" in name}
        answer = deployment.ask("POST", path, client=ada, data={**fields, **typed})
        assert answer.status_code == 302
        fields = form_of(deployment.ask("GET", "/accounts/login/", client=ada), "/accounts/login/")
        typed = {"login": "ada", "password": PASSWORD}
        answer = deployment.ask("POST", "/accounts/login/", client=ada, data={**fields, **typed})
        assert answer.status_code == 302
        assert deployment.ask("GET", "/profile/security/tokens/", client=ada).status_code == 200


@pytest.fixture(scope="module")
def api(deployment: Deployment) -> tuple[str, str]:
    """An API that asks."""
    made = deployment.command("create_resource_server", "Orders API", "--all-applications", "--json").json
    return str(made["client_id"]), str(made["client_secret"])


def test_t9_a_token_is_good_behind_the_proxy_and_ends_at_once(deployment: Deployment, api: tuple[str, str]) -> None:
    def answers() -> set[bool]:
        told = [deployment.ask("POST", "/oauth/introspect", auth=api, data={"token": token}) for _each in range(6)]
        return {answer.json()["active"] for answer in told}

    deployment.command("create_user", "svc-orders", "--system", "--json")
    words = ("com.example/orders", "--name", "Orders", "--access-tokens", "AdministratorsOnly")
    assert deployment.command("create_application", *words, "--system-user", "svc-orders").status == 0
    issued = deployment.command("issue_token", "--application", "com.example/orders", "--service", "--json").json
    token = str(issued["token"])
    assert answers() == {True}
    assert deployment.command("revoke_tokens", "--id", str(issued["id"]), "--yes").status == 0
    assert answers() == {False}


def test_what_the_dashboard_and_the_alerts_ask_for_is_measured(deployment: Deployment, api: tuple[str, str]) -> None:
    files = [*(BASE_DIR / "deploy" / "grafana").glob("*.json"), *(BASE_DIR / "deploy" / "prometheus").glob("*.yml")]
    wanted = {name for file in files for name in re.findall(r"reference_tokens_[a-z_]+", file.read_text())}
    assert deployment.ask("POST", "/oauth/introspect", auth=api, data={"token": "x"}).status_code == 200

    def all_are_measured() -> bool:
        told = ask(deployment.ports[0], "GET", "/metrics", Authorization=f"Bearer {METRICS_TOKEN}").body.decode()
        measured = set(re.findall(r"^# TYPE (\w+)", told, re.MULTILINE))
        return all(re.sub(r"_(bucket|sum|count)$", "", name) in measured for name in wanted)

    # Uses are written after some seconds.
    assert eventually(all_are_measured)
    assert deployment.ask("GET", "/metrics").status_code == 404
