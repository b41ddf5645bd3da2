"""`python -m tests.names`: whether every process gives each test the same name, as whoever runs them in several needs.

A name that holds a random value, an instant, or a set in whatever order differs: pytest-xdist then runs no test at all.
Arguments are passed on to pytest. The exit status is 1 where names differ, which are printed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import zip_longest

COLLECT = (sys.executable, "-m", "pytest", "--collect-only", "--quiet", "-p", "no:cacheprovider", "-p", "no:randomly")
SEEDS = ("1", "2")


def collecting(arguments: Sequence[str], seed: str, stack: ExitStack) -> subprocess.Popen[str]:
    """A process that prints the name of each test, in which sets have an order of their own."""
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    # What somebody asks of every run of pytest would change what is printed.
    environment = {**os.environ, "PYTHONHASHSEED": seed, "DATA_DIR": folder, "PYTEST_ADDOPTS": ""}
    return subprocess.Popen([*COLLECT, *arguments], env=environment, stdout=subprocess.PIPE, text=True)


def names_in(process: subprocess.Popen[str]) -> list[str]:
    """The names that the process printed; ends where it could not collect them."""
    printed, _nothing = process.communicate()
    if process.returncode:
        sys.exit(printed)
    return [line for line in printed.splitlines() if "::" in line]


def main(arguments: Sequence[str]) -> int:
    """Collect the tests in two processes side by side; returns the exit status."""
    with ExitStack() as stack:
        first, second = map(names_in, [collecting(arguments, seed, stack) for seed in SEEDS])
    different = [pair for pair in zip_longest(first, second, fillvalue="none") if pair[0] != pair[1]]
    for one, other in different:
        print(f"{one} is {other} in another process")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
