"""Servers to be measured: gunicorn with this project's worker and its threads, whatever application it serves."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench import cpu

PROJECT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 60
USAGE_THREAD = "usage"


@dataclass(frozen=True)
class Server:
    """A running server, the leader of a process group of its own."""

    port: int
    pid: int
    seconds_to_start: float

    def cpu(self) -> tuple[float, float]:
        """The seconds that its processes have taken, and those of the thread that stores uses, which are not in it."""
        spent = cpu.by_thread(cpu.group_of(self.pid))
        background = spent.pop(USAGE_THREAD, 0.0)
        return sum(spent.values()), background

    def workers(self) -> list[int]:
        """Its processes but the first, which only watches over the others."""
        return sorted(pid for pid in cpu.group_of(self.pid) if pid != self.pid)


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def serving(configuration: str, environment: Mapping[str, str], log: Path) -> Iterator[Server]:
    """Serve for the time of the block, on loopback alone."""
    port, started = free_port(), time.perf_counter()
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    values = kept | {"HOST": "127.0.0.1", "PORT": str(port), "WORKERS": "1", "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-m", "gunicorn", "-c", f"python:{configuration}"]
    with log.open("wb") as lines:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=values | dict(environment), stdout=lines, stderr=lines, start_new_session=True
        )
    try:
        wait_for(port, process, log)
        yield Server(port, process.pid, time.perf_counter() - started)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once something is answered; raises `RuntimeError` with the log where the process does not start."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                if connection.recv(1):
                    return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(log.read_text())
