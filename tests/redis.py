"""A Redis of its own for the tests: on loopback, in memory alone, ended after the block."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from tests.postgresql import free_port


@contextmanager
def server(program: Path) -> Iterator[str]:
    """A running server; its address, as CACHE_URL takes it."""
    port = free_port()
    command = [str(program), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd="/")
    try:
        wait_until_it_answers(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(timeout=15)


def wait_until_it_answers(port: int) -> None:
    """Return once it answers; raises `ConnectionError` where it does not within 30 seconds."""
    deadline = time.monotonic() + 30
    while True:
        try:
            with redis.Redis(port=port) as client:
                client.ping()
        except redis.ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
