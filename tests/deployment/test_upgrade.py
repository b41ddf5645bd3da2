"""RUN-7: an upgrade, and the way back, while people and programs go on: no request fails."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import postgresql
from tests.command_line import BASE_DIR, STRONG_KEYS, environment
from tests.deployment.lives import Balancer, load, two_ports
from tests.deployment.releases import NoHistory, last_release, unpack
from tests.long_runs import rounds
from tests.postgresql import kept_port
from tests.service import ask, end, wait_until_it_answers

pytestmark = [pytest.mark.once, pytest.mark.long_run]


@pytest.fixture(scope="module")
def old_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of the release before."""
    folder = tmp_path_factory.mktemp("old")
    try:
        unpack(last_release(), folder)
    except NoHistory as error:
        pytest.skip(str(error))
    return folder


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/db.sqlite3"
        return
    programs = postgresql.programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with postgresql.server(programs) as url:
        yield url


class Release:
    """The code in a folder, with the settings of one instance."""

    def __init__(self, code: Path, settings: dict[str, str], folder: Path) -> None:
        self.code, self.settings, self.folder = code, settings, folder

    def manage(self, *arguments: str) -> str:
        """What a command prints."""
        command = [sys.executable, "manage.py", *arguments]
        ended = subprocess.run(
            command,
            cwd=self.code,
            env=environment(**self.settings),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    @contextmanager
    def serving(self, port: int) -> Iterator[subprocess.Popen[bytes]]:
        """A server of this release at the port; ended, by SIGTERM, after the block."""
        process = self.started(port)
        try:
            yield process
        finally:
            end(process)

    def started(self, port: int) -> subprocess.Popen[bytes]:
        """A server of this release that answers at the port."""
        log = self.folder / f"{self.code.name}-{port}.log"
        command = [sys.executable, "-m", "gunicorn", "-c", "python:tokens_project.gunicorn_conf"]
        with log.open("ab") as lines:
            process = subprocess.Popen(
                command,
                cwd=self.code,
                env=environment(**self.settings, PORT=str(port), WORKERS="1"),
                stdout=lines,
                stderr=lines,
            )
        wait_until_it_answers(port, process, log)
        return process


class Fleet:
    """Two servers of one instance behind a balancer, each of which is swapped for one of another release."""

    def __init__(self, release: Release, ports: list[int]) -> None:
        self.balancer = Balancer(ports)
        self.processes = {port: release.started(port) for port in ports}

    def swap(self, port: int, release: Release) -> None:
        """End the server at the port, politely, and start one of the release there."""
        with self.balancer.without(port):
            end(self.processes.pop(port))
            self.processes[port] = release.started(port)

    def end(self) -> None:
        """End both."""
        for process in self.processes.values():
            end(process)


def readiness(*ports: int) -> set[tuple[int, bytes]]:
    """What the servers tell a balancer."""
    answers = [ask(port, "GET", "/readyz") for port in ports]
    return {(answer.status, answer.body.partition(b" (")[0].strip()) for answer in answers}


READY, MIGRATIONS_MISSING = {(200, b"ready")}, {(503, b"missing: migrations")}


def test_run7_an_upgrade_and_the_way_back_fail_no_request(old_code: Path, database_url: str, tmp_path: Path) -> None:
    requests, ports, early = rounds(300, long=3000), two_ports(), kept_port()
    address = f"http://localhost:{ports[0]}"
    settings = {**STRONG_KEYS, "DATA_DIR": str(tmp_path), "DATABASE_URL": database_url, "BASE_URL": address}
    old, new = Release(old_code, settings, tmp_path), Release(BASE_DIR, settings, tmp_path)
    old.manage("migrate", "--verbosity", "0")
    secrets: dict[str, Any] = json.loads(old.manage("quickstart", "--json"))
    fleet = Fleet(old, ports)
    try:
        with load(fleet.balancer, secrets) as lives:
            lives.wait_for(requests // 6)
            with new.serving(early):
                # A balancer leaves a new server alone that began too early.
                assert readiness(early) == MIGRATIONS_MISSING
                new.manage("migrate", "--verbosity", "0")
                assert readiness(early, *ports) == READY
            # The old code works on the new schema; its own `migrate` has nothing to do there, and takes nothing back.
            assert "No migrations to apply" in old.manage("migrate")
            lives.wait_for(requests // 3)
            for release in (new, old):
                for port in ports:
                    fleet.swap(port, release)
                    lives.wait_for(requests // 8)
                assert readiness(*ports) == READY
        assert (lives.failures, lives.asked >= requests) == ([], True)
    finally:
        fleet.end()
