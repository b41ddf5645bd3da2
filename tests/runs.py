"""A run of pytest beside others; the few tests that fail in it are tried once more, alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

# A file's tests stay together, since they may share a server that is slow to start; the files keep their order, which
# has those with a browser last. Many of those on SQLite wait, for a server or a time limit.
SHARED = ["--dist", "loadfile", "--no-loadscope-reorder", "--numprocesses"]
# The exit status of pytest where tests failed, and nothing else went wrong.
TESTS_FAILED = 1
# Where more fail, chance is no reason.
ALONE_AT_MOST = 5


class Run:
    """One run, in so many processes of its own; the stack waits for it. Its output is ours where none is given."""

    def __init__(
        self,
        stack: ExitStack,
        arguments: list[str],
        processes: int,
        environment: dict[str, str],
        output: IO[bytes] | None = None,
    ) -> None:
        self.output = output
        self.environment = {**os.environ, **environment}
        self.cache = Path(stack.enter_context(TemporaryDirectory()))
        command = [sys.executable, "-W", "error", "-m", "pytest", "-o", f"cache_dir={self.cache}", *arguments]
        self.alone = [*command, "-n0", "--last-failed"]
        self.process = stack.enter_context(
            subprocess.Popen([*command, *SHARED, str(processes)], env=self.environment, stdout=output, stderr=output)
        )

    @property
    def failed(self) -> list[str]:
        """The names of the tests that failed, once it has ended."""
        noted = self.cache / "v" / "cache" / "lastfailed"
        return list(json.loads(noted.read_text())) if noted.exists() else []

    def unsteady(self) -> list[str] | None:
        """The tests that failed among the others, and passed alone: none where all passed. None where it failed."""
        if not (status := self.process.wait()):
            return []
        failed = self.failed
        if status != TESTS_FAILED or len(failed) > ALONE_AT_MOST:
            return None
        again = subprocess.run(self.alone, env=self.environment, stdout=self.output, stderr=self.output, check=False)
        return None if again.returncode else failed
