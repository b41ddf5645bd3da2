"""Running this project's commands: in this process, as the command line does it, and as processes of their own."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import ManagementUtility
from django.db import connection

BASE_DIR = Path(__file__).resolve().parent.parent
# The Django apps of this project.
OURS = {"accounts", "trusted_apps", "reference_tokens", "profile_site", "instance_manager"}
# Those that bring commands.
WITH_COMMANDS = {*OURS, "tokens_project"}
PYPROJECT = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())

# A key of each kind that the service accepts, for processes that must not make their own.
STRONG_KEYS = {
    "SECRET_KEY": "for-tests-only-" + "0123456789abcdefghij" * 3,
    "TOKEN_HASH_KEYS": "for-tests-only-0123456789abcdefghijklmnopqrstuvwxyz",
}

# So long a command may take, on a machine that is busy with other tests.
SECONDS = 180

# What a process needs that is no setting of ours.
KEPT = frozenset({"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        """Standard output as the one JSON object that it must be."""
        assert self.status == 0, self.stderr
        document = json.loads(self.stdout)
        assert isinstance(document, dict)
        return document

    @property
    def is_one_line_of_refusal(self) -> bool:
        """Whether it could not do what was asked, and said so in one line on standard error."""
        return self.status == 1 and not self.stdout and self.stderr.count("\n") == 1 and self.stderr.endswith("\n")

    @property
    def is_one_line_of_wrong_usage(self) -> bool:
        """Whether what was typed could not be meant, and it said so in one line on standard error."""
        return (
            self.status == 2 and not self.stdout and self.stderr.startswith("Error: ") and self.stderr.count("\n") == 1
        )

    @property
    def is_wrong_usage(self) -> bool:
        """Whether the arguments were refused."""
        return self.status == 2 and not self.stdout and "usage: manage.py" in self.stderr


class Runner:
    """Runs a command in this process and reports its exit status and output, as a shell sees them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch = monkeypatch
        self.capsys = capsys

    def __call__(self, *arguments: str, stdin: Any = "") -> Outcome:
        """Run it with a text, or an object of another kind, as standard input."""
        self.monkeypatch.setattr(sys, "stdin", io.StringIO(stdin) if isinstance(stdin, str) else stdin)
        self.capsys.readouterr()
        status = 0
        try:
            ManagementUtility().fetch_command(arguments[0]).run_from_argv(["manage.py", *arguments])
        except SystemExit as end:
            status = int(end.code or 0)
        return Outcome(status, *self.capsys.readouterr())


def environment(**settings: str) -> dict[str, str]:
    """The environment of a process that knows only these settings."""
    return {**{name: value for name, value in os.environ.items() if name in KEPT}, **settings}


def manage(*arguments: str, stdin: str = "", **settings: str) -> Outcome:
    """`manage.py` in a process of its own, with only these settings."""
    ended = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=BASE_DIR,
        env=environment(**settings),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return Outcome(ended.returncode, ended.stdout, ended.stderr)


class Terminal:
    """A terminal, as a program's standard error."""

    def __init__(self) -> None:
        self.ours, self.theirs = pty.openpty()
        self.written = ""

    def read(self) -> bool:
        """Take in what was written since; returns whether there can be more."""
        try:
            self.written += os.read(self.ours, 10_000).decode(errors="replace")
        except OSError:  # every program has closed it
            return False
        return True

    def read_to_the_end(self) -> None:
        while self.read():
            pass

    @property
    def words(self) -> str:
        """What was written, without the commands to the terminal."""
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.written)

    @property
    def left(self) -> str:
        """What stands there after the last line that was erased."""
        return self.written.rpartition("\x1b[2K")[2]

    @property
    def hides_its_cursor(self) -> bool:
        """Whether the cursor was hidden at any time but for the moment in which drawing begins, with its first line."""
        return "\x1b[?25l" in re.sub(r"\x1b\[\?25l((?!\x1b\[2K).)*?\x1b\[\?25h", "", self.written, flags=re.DOTALL)


@contextmanager
def a_terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    try:
        yield terminal
    finally:
        os.close(terminal.ours)


@contextmanager
def watched(*arguments: str, **settings: str) -> Iterator[tuple[subprocess.Popen[str], Terminal]]:
    """`manage.py` in a process of its own, with a terminal for standard error."""
    command = [sys.executable, "manage.py", *arguments]
    with (
        a_terminal() as terminal,
        subprocess.Popen(
            command,
            cwd=BASE_DIR,
            env=environment(**settings),
            stdout=subprocess.PIPE,
            stderr=terminal.theirs,
            text=True,
        ) as process,
    ):
        os.close(terminal.theirs)
        try:
            yield process, terminal
        finally:
            process.kill()


def row_counts() -> dict[str, int]:
    """How many rows each table of the project holds: one query, since many tests ask."""
    tables = sorted(model._meta.db_table for model in apps.get_models(include_auto_created=True))
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f'(SELECT count(*) FROM "{table}")' for table in tables))
        return dict(zip(tables, cursor.fetchone(), strict=True))


@contextmanager
def nothing_stored() -> Iterator[None]:
    """What stands in the block leaves every table as long as it was."""
    before = row_counts()
    yield
    assert row_counts() == before
