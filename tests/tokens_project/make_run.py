"""What `make run` does, as processes of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.command_line import BASE_DIR, STRONG_KEYS, environment

PRODUCTION = {**STRONG_KEYS, "BASE_URL": "https://tokens.example.com", "TRUSTED_PROXY_COUNT": "1"}


class Instance(NamedTuple):
    """A data folder that `make run` has prepared, the settings to find it by, and what was printed."""

    settings: dict[str, str]
    printed: str


def lines_of_make_run() -> list[str]:
    """The shell lines of the Makefile's `run`, with this Python's folder for its programs."""
    makefile = (BASE_DIR / "Makefile").read_text()
    recipe = re.search(r"^run:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert recipe
    programs = str(Path(sys.executable).parent)
    return [line.strip().removeprefix("@").replace("$(BIN)", programs) for line in recipe[1].splitlines()]


def prepared(settings: dict[str, str]) -> str:
    """Run what `make run` runs before it serves; returns what was printed."""
    return subprocess.run(
        ["sh", "-e", "-c", "\n".join(lines_of_make_run()[:-1])],
        cwd=BASE_DIR,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout


@contextmanager
def serving(settings: dict[str, str]) -> Iterator[str]:
    """Serve as `make run` does, for the time of the block; yields the address once it answers."""
    address = f"http://localhost:{settings['PORT']}"
    with subprocess.Popen(
        ["sh", "-c", lines_of_make_run()[-1]],
        cwd=BASE_DIR,
        env=environment(**settings),
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            wait_until(lambda: answers(address), server)
            yield address
        finally:
            server.terminate()
            server.communicate(timeout=60)


def wait_until(serves: Callable[[], bool], server: subprocess.Popen[str]) -> None:
    """Return once it serves; raises `AssertionError` with what the server wrote where it ended, or takes too long."""
    deadline = time.monotonic() + 90
    while not serves():
        assert server.poll() is None, server.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.1)


def answers(address: str) -> bool:
    """Whether anything at all answers there."""
    try:
        urllib.request.urlopen(f"{address}/oauth/introspect", timeout=30).close()
    except urllib.error.HTTPError as answer:
        answer.close()
        return True
    except OSError:
        return False
    return True
