"""The whole product in a data folder of its own, as `make run` starts it on a fresh checkout."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.command_line import BASE_DIR, environment, manage
from tests.command_server import Commands, commands
from tests.gunicorn import END_SECONDS, START_SECONDS
from tests.postgresql import free_port

PASSWORD = "a long password for the tests"


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def ask(port: int, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
    """The answer of a server on loopback. A header's underscores stand for hyphens."""
    connection = http.client.HTTPConnection("localhost", port, timeout=30)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


@dataclass(frozen=True)
class Service:
    """A running instance: the example of `quickstart`, and whoever a test adds."""

    port: int
    settings: dict[str, str]
    secrets: dict[str, Any]
    commands: Commands
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def address(self) -> str:
        """The origin that the product believes to have."""
        return f"http://localhost:{self.port}"

    def manage(self, *arguments: str, stdin: str = "") -> dict[str, Any]:
        """The JSON object that a command prints."""
        return self.commands(*arguments, "--json", stdin=stdin).json

    def shell(self, code: str) -> str:
        """What Python code prints that runs beside the server, over its database."""
        outcome = self.commands("shell", "--verbosity", "0", "--command", code)
        assert outcome.status == 0, outcome.stderr
        return outcome.stdout.strip()

    def unused(self, name: str) -> str:
        """A name that nothing else of this instance has, whatever other tests make: this one and a number."""
        return f"{name}{next(self.numbers)}"

    def person(self, name: str, *arguments: str) -> str:
        """Create a person who signs in with `PASSWORD`; returns the user name, which begins with the given one."""
        username = self.unused(name)
        self.manage("create_user", username, *arguments, "--password-stdin", stdin=PASSWORD)
        return username

    def token(self, *arguments: str) -> str:
        """The plain text of a token of the Excel add-in, issued by command."""
        issued = self.manage("issue_token", "--application", "com.example/excel", *arguments)
        return str(issued["token"])

    def ask(self, method: str, path: str, **headers: str) -> Answer:
        """The server's answer."""
        return ask(self.port, method, path, None, **headers)

    def forward_auth(self, token: str) -> Answer:
        """What a proxy in front of the example API hears about the token."""
        return self.ask("GET", f"/auth/resource/{self.secrets['client_id']}", Authorization=f"Bearer {token}")

    def holder_of(self, token: str) -> str | None:
        """The user name a proxy would pass on for the token; None where it lets nobody in."""
        answer = self.forward_auth(token)
        assert answer.status in {200, 401}
        return answer.headers["X-Auth-Username"] if answer.status == 200 else None

    def introspect(self, token: str) -> bytes:
        """What the example API hears about the token."""
        form = {key: self.secrets[key] for key in ("client_id", "client_secret")} | {"token": token}
        content = "application/x-www-form-urlencoded"
        return ask(self.port, "POST", "/oauth/introspect", urlencode(form).encode(), Content_Type=content).body


@contextmanager
def running(folder: Path, **more: str) -> Iterator[Service]:
    """Set up a fresh instance below the folder, with these settings, and serve it for the time of the block."""
    with prepared(folder, **more) as service, serving(folder / "service.log", service.settings):
        yield service


@contextmanager
def prepared(folder: Path, **more: str) -> Iterator[Service]:
    """Set up a fresh instance as `running` does; whoever asks serves it at its port."""
    port = free_port()
    settings = {"DATA_DIR": str(folder / "data"), "PORT": str(port), "LAST_USED_FLUSH_SECONDS": "1", **more}
    outcome = manage("migrate", "--verbosity", "0", **settings)
    assert outcome.status == 0, outcome.stderr
    with commands(folder / "commands", **settings) as run:
        outcome = run("collectstatic", "--verbosity", "0", "--no-input")
        assert outcome.status == 0, outcome.stderr
        yield Service(port, settings, run("quickstart", "--json").json, run)


@contextmanager
def serving(log: Path, settings: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Serve an instance that is set up, for the time of the block; yields the process, whose children answer."""
    command = [sys.executable, "-m", "gunicorn", "-c", "python:tokens_project.gunicorn_conf"]
    with log.open("wb") as lines:
        process = subprocess.Popen(command, cwd=BASE_DIR, env=environment(**settings), stdout=lines, stderr=lines)
    try:
        wait_until_it_answers(int(settings["PORT"]), process, log)
        yield process
    finally:
        end(process)


def wait_until_it_answers(port: int, process: subprocess.Popen[bytes], log: Path, path: str = "/auth/forward") -> None:
    """Return once requests are answered; raises `AssertionError` with the log where the process does not start."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            ask(port, "GET", path)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text())


def end(process: subprocess.Popen[bytes]) -> None:
    """End the process, politely at first."""
    process.terminate()
    try:
        process.wait(timeout=END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
