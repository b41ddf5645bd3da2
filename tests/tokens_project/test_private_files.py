"""What the service writes to disk is for its owner alone, whatever the shell and the folder allow (T72)."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_line import STRONG_KEYS, manage
from tests.postgresql import free_port
from tests.service import ask
from tests.tokens_project.make_run import prepared, serving
from tokens_project.private_files import keep_private

pytestmark = pytest.mark.once

# Nobody may change the mode of a file of the kernel.
UNCHANGEABLE = Path("/proc/self/status")


@pytest.fixture(autouse=True)
def lenient_shell() -> Iterator[None]:
    """A shell that lets everybody read what its programs write, as most do."""
    mask = os.umask(0o022)
    yield
    os.umask(mask)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that somebody made by hand."""
    made = tmp_path / "data"
    made.mkdir()
    assert made.stat().st_mode & 0o777 == 0o755
    return made


def open_to_others(folder: Path) -> list[str]:
    """What in the folder, itself included, others may do anything with."""
    return [str(path) for path in (folder, *folder.rglob("*")) if path.lstat().st_mode & 0o077]


def files_of_an_older_release(folder: Path) -> None:
    (folder / "mail").mkdir()
    (folder / "static" / "css").mkdir(parents=True)
    for name in ("db.sqlite3", "db.sqlite3-wal", "db.sqlite3-shm", "mail/1.log", "static/css/app.css", "secret_key"):
        (folder / name).touch()


def test_t55_all_that_a_new_instance_writes_is_private_from_the_first_moment(folder: Path) -> None:
    settings = {"DATA_DIR": str(folder), "PORT": str(free_port()), "WORKERS": "1"}
    prepared(settings)
    assert manage("sendtestemail", "ada@example.com", **settings).status == 0
    with serving(settings):
        # The thread that asked the database keeps its connection, and with it the log of its writes.
        assert ask(int(settings["PORT"]), "GET", "/readyz").status == 200
        assert {"db.sqlite3", "db.sqlite3-wal", "mail", "secret_key", "static"} <= set(os.listdir(folder))  # noqa: PTH208 - names alone
        assert open_to_others(folder) == []
    assert len(list((folder / "mail").iterdir())) == 1


def test_t55_what_an_older_release_wrote_is_closed_at_the_start(folder: Path) -> None:
    files_of_an_older_release(folder)
    assert len(open_to_others(folder)) == 10
    assert manage("check", DATA_DIR=str(folder), **STRONG_KEYS).status == 0
    assert open_to_others(folder) == []


def test_t55_a_database_that_lies_elsewhere_is_closed_and_its_folder_left(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with sqlite3.connect(elsewhere / "tokens.db") as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE t (c)")
        assert len(open_to_others(elsewhere)) == 4
        assert manage("check", DATA_DIR=str(folder), DATABASE_URL=f"sqlite:///{elsewhere}/tokens.db").status == 0
        assert open_to_others(elsewhere) == [str(elsewhere)]
    database.close()


def test_t55_mails_that_lie_elsewhere_are_closed(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "mails"
    elsewhere.mkdir()
    (elsewhere / "20270131-120000-140230.log").touch()
    settings = {"DATA_DIR": str(folder), "EMAIL_URL": f"file://{elsewhere}", **STRONG_KEYS}
    assert manage("sendtestemail", "ada@example.com", **settings).stderr == ""
    assert len(list(elsewhere.iterdir())) == 2
    assert open_to_others(elsewhere) == []


def test_a_folder_of_mails_that_holds_other_things_too_stays_open_and_that_is_said(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "mails"
    elsewhere.mkdir()
    for name in ("20270131-120000-140230.log", "other.log"):
        (elsewhere / name).touch()
    keep_private(folder, mails=elsewhere)
    assert open_to_others(elsewhere) == [str(elsewhere), str(elsewhere / "other.log")]
    assert f"may look into {elsewhere}: " in capsys.readouterr().err


def test_a_folder_that_holds_other_things_too_stays_open_and_that_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """/var, for a mistyped ./var, must not be closed to the whole machine."""
    files_of_an_older_release(folder)
    (folder / "log").mkdir()
    keep_private(folder)
    assert open_to_others(folder) == [str(folder), str(folder / "log")]
    said = capsys.readouterr().err
    assert said.startswith(f"Warning: others on this machine may look into {folder}: ")
    assert said.count("\n") == 1


def test_a_file_that_cannot_be_closed_is_named_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep_private(folder, database=UNCHANGEABLE)
    said = capsys.readouterr().err
    assert said.startswith(f"Warning: others on this machine may look into {UNCHANGEABLE}: ")
    assert said.count("\n") == 1
    assert open_to_others(folder) == []


def test_where_a_link_leads_is_left_alone(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "served").mkdir()
    (folder / "static").symlink_to(tmp_path / "served")
    keep_private(folder)
    assert open_to_others(tmp_path / "served") == [str(tmp_path / "served")]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("path", ["/dev/null", "/no/such/folder"])
def test_what_is_no_folder_is_left_alone(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = Path("/dev/null").stat().st_mode
    keep_private(Path(path))
    assert (Path("/dev/null").stat().st_mode, capsys.readouterr().err) == (before, "")
