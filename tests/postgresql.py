"""A PostgreSQL server of our own for the time of the tests: on loopback, on a free port, in a temporary folder."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from random import choice
from urllib.parse import urlsplit

import psycopg

PLACES = ("/usr/lib/postgresql/*/bin", "/usr/local/opt/postgresql*/bin", "/opt/homebrew/opt/postgresql*/bin")


def programs() -> Path | None:
    """The folder with `initdb` and `pg_ctl`, or None where PostgreSQL's server programs are not installed."""
    found = [folder for place in PLACES for folder in Path("/").glob(place.lstrip("/")) if (folder / "initdb").exists()]
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    return max(found, default=None)


def other_user() -> str | None:
    """The account to run the server as: None for our own; PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@cache
def lowest_given_out() -> int:
    """The first of the ports that the system gives to whoever asks for any."""
    ports = Path("/proc/sys/net/ipv4/ip_local_port_range")
    return int(ports.read_text().split()[0]) if ports.exists() else 32_768


def kept_port() -> int:
    """A loopback port that nobody listens on now, and that the system gives to nobody else: for what starts later."""
    while True:
        port = choice(range(10_000, lowest_given_out()))
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


# So many seconds `pg_ctl` waits for what it does: on a busy machine a start takes more than its own 60.
WAITING = ("-w", "-t", "300")
# Nothing of a test needs to outlive it; housekeeping would lock a table for a moment, now and then.
OF_TESTS = "-c fsync=off -c max_connections=60 -c autovacuum=off"


@contextmanager
def server(bin_folder: Path, settings: str = OF_TESTS) -> Iterator[str]:
    """Run a server for the time of the block; yields the DATABASE_URL of an empty database."""
    with folder_of_server() as folder:
        command = ["initdb", "-D", "data", "-U", "tokens", "-A", "trust", "-E", "UTF8", "--no-sync"]
        run(bin_folder, folder, *command)
        with started(bin_folder, folder, settings) as port:
            yield f"postgres://tokens@127.0.0.1:{port}/postgres"


@contextmanager
def standby(bin_folder: Path, url: str, settings: str = OF_TESTS) -> Iterator[str]:
    """Run a standby of this server for the time of the block; yields its DATABASE_URL."""
    primary = urlsplit(url)
    source = f"host={primary.hostname} port={primary.port} user={primary.username} application_name=standby"
    with folder_of_server() as folder:
        command = ["pg_basebackup", "-D", "data", "-d", source, "-R", "-X", "stream", "-c", "fast", "--no-sync"]
        run(bin_folder, folder, *command)
        with started(bin_folder, folder, settings) as port:
            yield url.replace(f":{primary.port}/", f":{port}/")


@contextmanager
def folder_of_server() -> Iterator[Path]:
    """A folder for the time of the block, which belongs to the account that the server runs as."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    user = other_user()
    if user:
        shutil.chown(folder, user)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def started(bin_folder: Path, folder: Path, settings: str) -> Iterator[int]:
    """Run the server whose data lies in this folder for the time of the block; yields its port."""
    port = free_port()
    options = f"-h 127.0.0.1 -p {port} -k {folder} {settings}"
    run(bin_folder, folder, "pg_ctl", "-D", "data", *WAITING, "-l", "log", "-o", options, "start")
    try:
        yield port
    finally:
        # A test may have ended it already.
        if (folder / "data" / "postmaster.pid").exists():
            run(bin_folder, folder, "pg_ctl", "-D", "data", *WAITING, "-m", "immediate", "stop")


def run(bin_folder: Path, folder: Path, program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL in this folder, as the account of the server."""
    command = [str(bin_folder / program), *arguments]
    subprocess.run(command, check=True, user=other_user(), cwd=folder, stdout=subprocess.DEVNULL)


@contextmanager
def frozen(url: str) -> Iterator[None]:
    """Stop every process of the server for the time of the block: it answers nothing, and closes nothing."""
    stopped: list[int] = []

    def stop(pid: int) -> None:
        os.kill(pid, signal.SIGSTOP)
        stopped.append(pid)

    try:
        with psycopg.connect(url) as connection:
            (own,) = connection.execute("SELECT pg_backend_pid()").fetchone() or [0]
            # At first the one that starts the others and buries them: from then on none comes or goes.
            stop(parent_of(own))
            for (pid,) in connection.execute("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()"):
                stop(pid)
        yield
    finally:
        for pid in reversed(stopped):
            os.kill(pid, signal.SIGCONT)


def restart(url: str) -> None:
    """End the server, with every connection, and start it again with the options that it had."""
    act_on(url, "restart", "-m", "fast", "-l", "log")


def crash(url: str) -> None:
    """End the server as the loss of its machine does: nothing is written that was not yet."""
    act_on(url, "stop", "-m", "immediate")


def promote(url: str) -> None:
    """Make a standby the primary; it takes writes when this returns."""
    act_on(url, "promote")


def act_on(url: str, act: str, *options: str) -> None:
    """Have `pg_ctl` do this with the server, and wait until it is done."""
    with psycopg.connect(url) as connection:
        [data] = connection.execute("SHOW data_directory").fetchone() or [""]
    run(programs() or Path(), Path(data).parent, "pg_ctl", act, "-D", data, *WAITING, *options)


def parent_of(pid: int) -> int:
    """The process that started this one."""
    found = subprocess.run(["ps", "-o", "ppid=", "-p", str(pid)], capture_output=True, check=True)
    return int(found.stdout)
