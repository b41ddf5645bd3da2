"""`python -m tests`: every test that this machine can run, on SQLite and on PostgreSQL; says what it left out.

With CI=true nothing may be left out. Arguments are passed on to pytest, without the bar on coverage. The few that fail
are tried once more, alone: those that pass then are named at the end, and fail nothing.
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import ExitStack
from itertools import chain
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO

from tests import measured, postgresql, programs
from tests.runs import Run

IN_CI = os.environ.get("CI") == "true"
PROCESSORS = min(4, os.cpu_count() or 1)
# Their requests are made up when they are collected, which takes long: one process collects them, not each.
MADE_UP = [
    "tests/reference_tokens/endpoints/test_openapi_answers.py",
    "tests/reference_tokens/management_api/test_openapi_answers.py",
]
OTHERS = [*measured.OPTIONS, *(f"--ignore={path}" for path in MADE_UP)]


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
        usual = {"COVERAGE_FOLDER": seen, "DATABASE_URL": ""}
        runs = [Run(stack, arguments or OTHERS, 2 * PROCESSORS, {**usual, "DATA_DIR": data[0]})]
        if not arguments:
            made_up = [*measured.OPTIONS, *MADE_UP]
            runs.append(Run(stack, made_up, 0, {**usual, "DATA_DIR": data[1]}, outputs[0]))
        server_programs = postgresql.programs()
        if server_programs:
            url = stack.enter_context(postgresql.server(server_programs))
            of_each = {**usual, "DATA_DIR": data[2], "DATABASE_URL": url, **KEYS}
            runs.append(Run(stack, arguments or OTHERS, 1 + PROCESSORS, of_each, outputs[1]))
        else:
            left_out.append("the run on PostgreSQL: its server programs are not installed (Debian: postgresql)")
        found = [run.unsteady() for run in runs]
        passed = None not in found
        tell("With requests that are made up", outputs[0])
        tell("On PostgreSQL", outputs[1])
        if not arguments:
            # What was left out leaves lines untried: then the bar on coverage says nothing.
            passed = (measured.told(seen) or bool(left_out)) and passed
    for what in left_out:
        print(f"Left out: {what}")
    for name in chain.from_iterable(unsteady or [] for unsteady in found):
        print(f"Unsteady: {name} failed among the others, and passed alone")
    return 0 if passed and not (IN_CI and left_out) else 1


# PostgreSQL may be shared by machines, so that the service makes no keys for it; these are for the tests alone.
KEYS = {
    "SECRET_KEY": "for-tests-only-" + "0123456789abcdefghij" * 3,
    "TOKEN_HASH_KEYS": "for-tests-only-0123456789abcdefghijklmnopqrstuvwxyz",
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
