"""`python -m tests`: every test that this machine can run, on SQLite and on PostgreSQL; says what it left out.

With CI=true nothing may be left out. Arguments are passed on to pytest, without the bar on coverage.
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import ExitStack
from functools import partial
from subprocess import Popen
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO

from tests import measured, postgresql, programs

IN_CI = os.environ.get("CI") == "true"
# A file's tests stay together, since they may share a server that is slow to start; the files keep their order, which
# has those with a browser last. Many of those on SQLite wait, for a server or a time limit.
SHARED = ["--dist", "loadfile", "--no-loadscope-reorder", "--numprocesses"]
PROCESSORS = min(4, os.cpu_count() or 1)
# Their requests are made up when they are collected, which takes long: one process collects them, not each.
MADE_UP = [
    "tests/reference_tokens/endpoints/test_openapi_answers.py",
    "tests/reference_tokens/management_api/test_openapi_answers.py",
]
OTHERS = [*measured.OPTIONS, *(f"--ignore={path}" for path in MADE_UP)]


def run(
    stack: ExitStack, arguments: list[str], processes: int, output: IO[bytes] | None = None, **environment: str
) -> Popen[bytes]:
    """Start pytest in a process of its own, which the stack waits for."""
    command = [sys.executable, "-W", "error", "-m", "pytest", *SHARED, str(processes)]
    in_environment = {**os.environ, **environment}
    return stack.enter_context(Popen([*command, *arguments], env=in_environment, stdout=output, stderr=output))


def tell(what: str, output: IO[bytes]) -> None:
    """Print what a run has written, if there was one."""
    if output.tell():
        print(what, flush=True)
        output.seek(0)
        shutil.copyfileobj(output, sys.stdout.buffer)
        sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """The exit status: 0 where all passed, and all is covered where all was run.

    The runs go on at once: many tests wait, for a server or a time limit, and what one leaves idle the others use.
    """
    left_out = programs.missing()
    with ExitStack() as stack:
        *data, seen = [stack.enter_context(TemporaryDirectory()) for _each in range(4)]
        outputs = [stack.enter_context(TemporaryFile()) for _each in range(2)]
        print("On SQLite; what else runs at the same time is told of afterwards", flush=True)
        start = partial(run, stack, COVERAGE_FOLDER=seen)
        runs = [start(arguments or OTHERS, 2 * PROCESSORS, DATA_DIR=data[0], DATABASE_URL="")]
        if not arguments:
            runs.append(start([*measured.OPTIONS, *MADE_UP], 0, outputs[0], DATA_DIR=data[1], DATABASE_URL=""))
        server_programs = postgresql.programs()
        if server_programs:
            url = stack.enter_context(postgresql.server(server_programs))
            of_each = {"DATA_DIR": data[2], "DATABASE_URL": url, **KEYS}
            runs.append(start(arguments or OTHERS, 1 + PROCESSORS, outputs[1], **of_each))
        else:
            left_out.append("the run on PostgreSQL: its server programs are not installed (Debian: postgresql)")
        statuses = [one.wait() for one in runs]
        passed = not any(statuses)
        tell("With requests that are made up", outputs[0])
        tell("On PostgreSQL", outputs[1])
        if not arguments:
            # What was left out leaves lines untried: then the bar on coverage says nothing.
            passed = (measured.told(seen) or bool(left_out)) and passed
    for what in left_out:
        print(f"Left out: {what}")
    return 0 if passed and not (IN_CI and left_out) else 1


# PostgreSQL may be shared by machines, so that the service makes no keys for it; these are for the tests alone.
KEYS = {
    "SECRET_KEY": "for-tests-only-" + "0123456789abcdefghij" * 3,
    "TOKEN_HASH_KEYS": "for-tests-only-0123456789abcdefghijklmnopqrstuvwxyz",
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
