"""`python -m tests`: every test that this machine can run, on SQLite and on PostgreSQL; says what it left out.

With CI=true nothing may be left out. Arguments are passed on to pytest, without the bar on coverage.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from typing import IO

from tests import postgresql, programs

IN_CI = os.environ.get("CI") == "true"
# A file's tests stay together, since they may share a server that is slow to start; the files keep their order, which
# has those with a browser last. One process more than there are processors: some always wait for a server.
PROCESSES = str(min(4, 1 + (os.cpu_count() or 1)))
IN_PARALLEL = ["--numprocesses", PROCESSES, "--dist", "loadfile", "--no-loadscope-reorder"]


def run(arguments: list[str], output: IO[bytes] | None = None, **environment: str) -> subprocess.Popen[bytes]:
    """Start pytest with coverage in a process of its own."""
    command = [sys.executable, "-W", "error", "-m", "coverage", "run", "-m", "pytest", *IN_PARALLEL, *arguments]
    return subprocess.Popen(command, env={**os.environ, **environment}, stdout=output, stderr=output)


def coverage(*arguments: str) -> bool:
    """Run the coverage program; whether it was content."""
    return subprocess.run([sys.executable, "-m", "coverage", *arguments], check=False).returncode == 0


def main(arguments: list[str]) -> int:
    """The exit status: 0 where all passed, and all is covered where all was run.

    Both runs go on at once: many tests wait, for a server or a time limit, and what one leaves idle the other uses.
    """
    left_out = programs.missing()
    coverage("erase")
    with ExitStack() as stack:
        data, other_data = (stack.enter_context(tempfile.TemporaryDirectory()) for _each in range(2))
        output = stack.enter_context(tempfile.TemporaryFile())
        print("On SQLite, and with it on PostgreSQL, which is told of afterwards", flush=True)
        runs = [stack.enter_context(run(arguments, DATA_DIR=data, DATABASE_URL=""))]
        server_programs = postgresql.programs()
        if server_programs:
            url = stack.enter_context(postgresql.server(server_programs))
            more = run(arguments, output, DATA_DIR=other_data, DATABASE_URL=url, **KEYS)
            runs.append(stack.enter_context(more))
        else:
            left_out.append("the run on PostgreSQL: its server programs are not installed (Debian: postgresql)")
        statuses = [one.wait() for one in runs]
        passed = not any(statuses)
        output.seek(0)
        shutil.copyfileobj(output, sys.stdout.buffer)
        sys.stdout.flush()
    coverage("combine", "--quiet")
    if not arguments:
        # What was left out leaves lines untried: then the bar on coverage says nothing.
        passed = (coverage("report") or bool(left_out)) and passed
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
