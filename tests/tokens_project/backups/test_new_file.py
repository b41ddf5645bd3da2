"""RUN-5: the file of a backup is there once it is whole, on the disk, and in the audit log; or it is not there."""

from __future__ import annotations

import gc
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.progress import to_nobody
from tests.tokens_project.backups.files import backup_in
from tokens_project.backups.archive import NoBackup
from tokens_project.backups.making import back_up, write_backup

pytestmark = pytest.mark.django_db(transaction=True)


def test_run5_a_backup_that_cannot_be_recorded_is_not_there(tmp_path: Path) -> None:
    def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "INTO" in sql and "accounts_auditevent" in sql:
            raise OperationalError("disk full")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail), pytest.raises(OperationalError):
        backup_in(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_run5_a_file_that_came_there_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "tokens.zip"

    def act(text: str, done: int = 0, total: int | None = None) -> None:
        file.write_text("of another")

    with pytest.raises(NoBackup, match="is there already"):
        back_up(file, now=timezone.now(), report=act)
    assert file.read_text() == "of another"
    assert list(tmp_path.iterdir()) == [file]


def test_run5_a_disk_that_is_full_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    with suppress(OSError), Path("/dev/full").open("r+b") as full, pytest.raises(OSError, match="No space left"):
        write_backup(full, timezone.now(), to_nobody)
    gc.collect()
    assert told == []


def test_run5_a_folder_that_does_not_keep_the_name_has_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync = os.fsync

    def fail_for_folders(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(5, "Input/output error")
        sync(descriptor)

    monkeypatch.setattr("tokens_project.backups.making.os.fsync", fail_for_folders)
    with pytest.raises(NoBackup, match="Input/output error"):
        back_up(tmp_path / "tokens.zip", now=timezone.now(), report=to_nobody)
    assert list(tmp_path.iterdir()) == []
