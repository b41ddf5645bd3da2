"""The real server, as `make run` starts it, over the database of the tests."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection

from tests.introspection import FORM, credentials
from tests.postgresql import free_port

PROJECT = Path(__file__).resolve().parent.parent
# The number of the first file that systemd hands down (sd_listen_fds).
FIRST_HELD = 3
# Seconds to the first answer, on a machine that is busy with other tests.
START_SECONDS = 90
# Seconds to the end of a server that was told to end: it gives requests `graceful_timeout` (30), and ends after that.
END_SECONDS = 40


class Answer(NamedTuple):
    """What came back over a socket."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The one value of a header, or None."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(values) <= 1
        return values[0] if values else None


class Gunicorn(NamedTuple):
    """A running server."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def send(self, data: bytes) -> Answer:
        """The answer to these very bytes, over a connection of their own."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connected:
            connected.sendall(data)
            # An answer to HEAD says the length of a body that it does not have.
            response = http.client.HTTPResponse(connected, method=data.partition(b" ")[0].decode("latin-1"))
            response.begin()
            return Answer(response.status, response.getheaders(), response.read())

    def send_raw(self, data: bytes) -> bytes:
        """Every byte that comes back until the server closes the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connected:
            connected.sendall(data)
            return b"".join(iter(lambda: connected.recv(65_536), b""))

    def post(self, body: bytes, *lines: bytes, path: bytes = b"/oauth/introspect") -> Answer:
        """POST a form with these header lines added."""
        head = [
            b"POST " + path + b" HTTP/1.1",
            b"Host: localhost",
            b"Connection: close",
            b"Content-Type: " + FORM.encode(),
            b"Content-Length: " + str(len(body)).encode(),
            *lines,
        ]
        return self.send(b"\r\n".join(head) + b"\r\n\r\n" + body)

    def introspect(self, server: Any, token: str) -> Answer:
        """The answer that the Resource Server gets about the token."""
        authorization = b"Authorization: " + credentials(server).encode()
        return self.post(urlencode({"token": token}).encode(), authorization)


def worker_ids(live: Gunicorn) -> list[int]:
    """The processes that the server has started."""
    children = Path(f"/proc/{live.process.pid}/task/{live.process.pid}/children")
    return [int(word) for word in children.read_text().split()]


def database_url() -> str:
    """The address of the database that this test run uses."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)


def url_of_no_database(folder: Path) -> str:
    """The address of a database that cannot be reached, of the kind that this test run uses."""
    if connection.vendor != "sqlite":
        return f"postgres://x@127.0.0.1:{free_port()}/x"
    # SQLite opens no folder.
    (folder / "no database").mkdir()
    return f"sqlite:///{folder}/no database"


@contextmanager
def gunicorn(
    folder: Path,
    *,
    files: int | None = None,
    held: socket.socket | None = None,
    under: Sequence[str] = (),
    **environment: str,
) -> Iterator[Gunicorn]:
    """Two worker processes on a free port, or on `PORT`; ended, by SIGTERM, after the block.

    Each may have so many `files` open. A listening socket that is `held` is handed down as systemd does it. They are
    started by the program that they are `under`, which takes their command as its last arguments.
    """
    port, log = int(environment.get("PORT") or free_port()), folder / "log"
    command = [*under, sys.executable, "-m", "gunicorn", "-c", "python:tokens_project.gunicorn_conf"]
    if files:
        command = ["sh", "-c", f'ulimit -n {files}; exec "$@"', "sh", *command]
    if held:
        port = held.getsockname()[1]
        command = ["sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"', "sh", *command]
    values = {**of_this_run(), "PORT": str(port), "DATA_DIR": str(folder)}
    process = started(command, {**os.environ, **values, **environment}, log, held)
    server = Gunicorn(port, process, log)
    try:
        wait_until_it_answers(server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def of_this_run() -> dict[str, str]:
    """The settings by which a server finds the database and the keys of this test run."""
    return {
        "HOST": "127.0.0.1",
        "WORKERS": "2",
        "DATABASE_URL": database_url(),
        "BASE_URL": settings.BASE_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "TOKEN_HASH_KEYS": ",".join(settings.TOKEN_HASH_KEYS),
        "LAST_USED_FLUSH_SECONDS": "1",
    }


def started(
    command: list[str], environment: dict[str, str], log: Path, held: socket.socket | None
) -> subprocess.Popen[bytes]:
    """The server's process, with the socket that is handed down, and its log."""
    hand_down = partial(os.dup2, held.fileno(), FIRST_HELD) if held else None
    with log.open("wb") as lines:
        return subprocess.Popen(
            command,
            cwd=PROJECT,
            env=environment,
            stdout=lines,
            stderr=lines,
            pass_fds=[FIRST_HELD] if held else [],
            preexec_fn=hand_down,  # noqa: PLW1509 - it takes no lock
        )


def wait_until_it_answers(server: Gunicorn) -> None:
    """Return once requests are answered; raises `AssertionError` with the log where the server does not start."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            server.post(b"")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(server.log.read_text())
