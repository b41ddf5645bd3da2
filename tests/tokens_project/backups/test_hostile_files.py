"""RUN-5: a file that somebody made to do harm is refused in one line, and takes no more memory than a good one.

`--unsigned` takes what anybody may have written; and before its signature is known, each file is so.
"""

from __future__ import annotations

import hashlib
import json
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from tests.command_line import Runner, row_counts
from tests.emptied_tables import empty
from tests.factories import UserFactory
from tests.tokens_project.backups.files import backup_in, refusal, rewritten, with_manifest
from tokens_project.backups.archive import MANIFEST, SIGNATURE, NoBackup, opened
from tokens_project.backups.members import LONGEST_LINE

pytestmark = pytest.mark.django_db(transaction=True)

USERS = "accounts_user.jsonl"
Change = Callable[[Path], None]


def packed_otherwise(file: Path) -> None:
    """With a member that is unpacked all at once, whatever is asked for."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_BZIP2) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def other(member: str, data: bytes) -> Change:
    return rewritten(lambda members: members.update({member: data}))


def without(name: str) -> Change:
    return lambda file: with_manifest(file, lambda manifest: manifest.pop(name))


def saying(**told: Any) -> Change:
    return lambda file: with_manifest(file, lambda manifest: manifest.update(told))


def about_users(**told: Any) -> Change:
    return lambda file: with_manifest(file, lambda manifest: manifest["tables"]["accounts_user"].update(told))


def with_row(change: Callable[[list[Any]], object], member: str = USERS) -> Change:
    """With another row of the only user, or of another table that has one, which the manifest tells of."""

    def act(members: dict[str, bytes]) -> None:
        members[member] = json.dumps(change(json.loads(members[member]))).encode() + b"\n"
        manifest = json.loads(members[MANIFEST])
        about = manifest["tables"][member.removesuffix(".jsonl")]
        about["sha256"] = hashlib.sha256(members[member]).hexdigest()
        members[MANIFEST] = json.dumps(manifest).encode()

    return rewritten(act)


CHANGES: dict[str, Change] = {
    "packed": packed_otherwise,
    "signature": rewritten(lambda members: members.update({SIGNATURE: members[SIGNATURE] + b"0"})),
    "list": other(MANIFEST, b"[]"),
    **{name: without(name) for name in ("format", "version", "made_at", "migrations", "token_hash_keys")},
    **{name: without(name) for name in ("live_tokens", "fence", "numbers", "tables")},
    "migration": saying(migrations=[["accounts"]]),
    "time": saying(made_at="2027-01-31T12:00:00+00:00 \x1b[31mred"),
    "lone-surrogate": saying(made_at="\ud800"),
    "number": saying(numbers={"accounts_user": "1"}),
    "place": saying(fence=["0", 0]),
    "table": saying(tables={"accounts_user": []}),
    "columns": about_users(columns="id"),
    "rows": about_users(rows="1"),
    "no-row": with_row(lambda _row: 1),
    "short-row": with_row(lambda row: row[:-1]),
    "text": with_row(lambda row: [[], *row[1:]]),
    "no-offset": with_row(lambda row: [row[0], "2027-01-31T12:00:00", *row[2:]]),
    "day": with_row(lambda row: [row[0], "2027-01-31", *row[2:]]),
    "number-in-words": with_row(lambda row: [row[0], "one", *row[2:]], "accounts_audithead.jsonl"),
    "boolean-in-words": with_row(lambda row: ["yes" if value is True else value for value in row]),
    "id": with_row(lambda row: [*row[:2], "no id", *row[3:]]),
    "id-of-number": with_row(lambda row: [*row[:2], 1, *row[3:]]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_run5_whatever_a_file_says_it_is_refused_in_one_line(tmp_path: Path, command: Runner, change: Change) -> None:
    UserFactory.create()
    file = backup_in(tmp_path)
    empty()
    change(file)
    before = row_counts()
    assert refusal(command("restore", str(file), "--yes", "--unsigned"))
    assert row_counts() == before


@pytest.mark.parametrize("member", [MANIFEST, SIGNATURE, USERS])
def test_run5_a_file_that_is_large_when_unpacked_takes_no_memory(tmp_path: Path, member: str) -> None:
    UserFactory.create()
    file = backup_in(tmp_path)
    other(member, b" " * (12 * LONGEST_LINE))(file)
    tracemalloc.start()
    try:
        with pytest.raises(NoBackup), opened(file) as archive:
            list(archive.rows(User))
        assert tracemalloc.get_traced_memory()[1] < 4 * LONGEST_LINE
    finally:
        tracemalloc.stop()


def test_run5_rows_are_read_only_as_far_as_the_file_says(tmp_path: Path) -> None:
    UserFactory.create()
    file, read = backup_in(tmp_path), []
    rewritten(lambda members: members.update({USERS: members[USERS] * 1000}))(file)

    def read_all() -> None:
        with opened(file) as archive:
            for row in archive.rows(User):
                read.append(row)  # noqa: PERF402 - what is read before the refusal counts

    with pytest.raises(NoBackup, match="accounts_user is not what was written"):
        read_all()
    assert len(read) == 1
