"""What `make run` does before it serves, and what it says where that cannot be done."""

from __future__ import annotations

import fcntl
import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tokens_project
from tests.command_line import KEPT
from tests.postgresql import free_port
from tokens_project import preparation

pytestmark = pytest.mark.once

Prepare = Callable[..., str | int | None]


@pytest.fixture
def prepare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Prepare:
    """Prepares as a process with these settings would; returns what it ended with, None for success."""

    def prepare(**settings: str) -> str | int | None:
        for name in set(os.environ) - KEPT:
            monkeypatch.delenv(name)
        for name, value in {"DATA_DIR": str(tmp_path / "data"), "PORT": str(free_port()), **settings}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delitem(sys.modules, "tokens_project.settings", raising=False)
        monkeypatch.delattr(tokens_project, "settings", raising=False)
        try:
            preparation.main()
        except SystemExit as end:
            return end.code
        finally:
            sys.modules.pop("tokens_project.settings", None)
        return None

    return prepare


def test_run1_an_instance_is_made_for_its_owner_alone(
    prepare: Prepare, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert prepare() is None
    printed = capfd.readouterr()
    assert "An example instance was created." in printed.out
    assert printed.err == ""
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir() if path.is_file()}
    assert {name: modes[name] for name in ("db.sqlite3", "secret_key", "token_hash_keys")} == {
        "db.sqlite3": 0o600,
        "secret_key": 0o600,
        "token_hash_keys": 0o600,
    }
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_a_port_in_use_is_one_line_and_nothing_is_made(prepare: Prepare, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        line = prepare(PORT=str(other.getsockname()[1]))
    assert line == "PORT: another program listens there. End it, or give another port."
    assert list(tmp_path.iterdir()) == []


def test_a_second_make_run_in_the_same_minute_is_one_line_at_once(prepare: Prepare, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with (tmp_path / "data" / "preparation.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert prepare() == "DATA_DIR: another `make run` prepares it. Wait until that one serves."
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["preparation.lock"]


@pytest.mark.parametrize("content", [b"This is no database, but a text that is longer than its head.", b"\0" * 100])
def test_a_corrupted_database_is_one_line(
    prepare: Prepare, tmp_path: Path, capfd: pytest.CaptureFixture[str], content: bytes
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "db.sqlite3").write_bytes(content)
    assert prepare() == 1
    assert re.fullmatch(r"Error: the database refused: file is not a database\n", capfd.readouterr().err)
    assert (tmp_path / "data" / "db.sqlite3").read_bytes() == content


@pytest.mark.parametrize(
    ("folder", "line"),
    [
        ("/proc/none", "DATA_DIR: give a folder that exists or can be made."),
        ("/proc", "DATA_DIR: this user may not write there."),
    ],
)
def test_a_folder_that_cannot_be_written_is_one_line(prepare: Prepare, folder: str, line: str) -> None:
    assert prepare(DATA_DIR=folder) == line


def test_a_bad_setting_is_one_line(prepare: Prepare) -> None:
    assert prepare(PORT="hunter2") == "PORT: give a whole number from 1 to 65535."


def test_all_steps_are_taken_in_one_process_each_as_its_command_would(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[list[str]] = []
    monkeypatch.setattr("tokens_project.command_line.main", lambda: taken.append(sys.argv))
    monkeypatch.setattr(sys, "argv", ["preparation", preparation.TAKE_STEPS])
    preparation.main()
    assert [words[1] for words in taken] == ["migrate", "collectstatic", "quickstart"]


def test_an_instance_that_is_there_is_prepared_by_one_process(
    prepare: Prepare, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert prepare() is None
    capfd.readouterr()
    run, started = subprocess.run, []

    def noted(arguments: Any, **options: Any) -> Any:
        started.append(arguments)
        return run(arguments, **options)

    monkeypatch.setattr(subprocess, "run", noted)
    assert prepare() is None
    assert len(started) == 1
    assert "This instance has users already; nothing was created." in capfd.readouterr().out
