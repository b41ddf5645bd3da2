"""RUN-5: a file of a backup that was cut or changed, or comes from elsewhere, is refused with nothing done."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import Runner, row_counts
from tests.emptied_tables import empty
from tests.factories import UserFactory
from tests.tokens_project.backups.files import backup_in, refusal, rewritten, with_manifest
from tokens_project.backups.archive import MANIFEST, SIGNATURE

pytestmark = pytest.mark.django_db(transaction=True)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])


def foreign(file: Path) -> None:
    file.write_text("no backup")


def damaged(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        member = archive.getinfo("accounts_user.jsonl")
    data = bytearray(file.read_bytes())
    # Behind its header, in what is compressed.
    data[member.header_offset + len(member.FileHeader(zip64=True)) + 20] ^= 1
    file.write_bytes(data)


def other_row(members: dict[str, bytes]) -> None:
    members["accounts_user.jsonl"] = members["accounts_user.jsonl"].replace(b"made", b"mate")


def no_row(members: dict[str, bytes]) -> None:
    members["accounts_user.jsonl"] = b""


def other_manifest(members: dict[str, bytes]) -> None:
    members[MANIFEST] = members[MANIFEST].replace(b'"live_tokens": 0', b'"live_tokens": 7')


def long_manifest(members: dict[str, bytes]) -> None:
    members[MANIFEST] += b" " * 1_000_001


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (cut, "it was cut or changed"),
        (foreign, "it is no backup of this product"),
        (Path.unlink, "cannot be read: No such file"),
        (damaged, "cut or changed"),
        (rewritten(other_row), "the file was changed: accounts_user is not what was written"),
        (rewritten(no_row), "the file was changed: accounts_user is not what was written"),
        (rewritten(lambda members: members.pop("accounts_user.jsonl")), "cut or changed"),
        (rewritten(other_manifest), "it is signed under another SECRET_KEY"),
        (rewritten(lambda members: members.pop(SIGNATURE)), "cut or changed"),
        (rewritten(long_manifest), "cut or changed"),
    ],
    ids=["cut", "foreign", "gone", "damaged", "row", "rows", "table", "manifest", "signature", "long"],
)
def test_run5_a_file_that_was_cut_or_changed_is_refused_with_nothing_done(
    tmp_path: Path, command: Runner, change: Callable[[Path], None], says: str
) -> None:
    UserFactory.create()
    file = backup_in(tmp_path)
    empty()
    change(file)
    before = row_counts()
    assert says in refusal(command("restore", str(file), "--yes"))
    assert row_counts() == before


def of_another_format(manifest: dict[str, Any]) -> None:
    manifest["format"] = 2


def of_an_older_release(manifest: dict[str, Any]) -> None:
    manifest["migrations"].remove("reference_tokens.0025_fence")


def with_a_column_more(manifest: dict[str, Any]) -> None:
    manifest["migrations"].append("reference_tokens.9999_of_the_next_release")
    manifest["tables"]["reference_tokens_referencetoken"]["columns"].append("allowed_networks")


def with_a_table_more(manifest: dict[str, Any]) -> None:
    manifest["migrations"].append("reference_tokens.9999_of_the_next_release")
    manifest["tables"]["reference_tokens_allowednetwork"] = {"rows": 0, "sha256": "", "columns": ["id"]}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (of_another_format, "which writes another format"),
        (of_an_older_release, "restore it with that one, then upgrade"),
        (with_a_column_more, "stores what this one does not know: restore it with that one"),
        (with_a_table_more, "stores what this one does not know: restore it with that one"),
    ],
    ids=["format", "older", "column", "table"],
)
def test_run5_a_backup_of_another_release_is_refused(
    tmp_path: Path, command: Runner, change: Callable[[dict[str, Any]], None], says: str
) -> None:
    file = backup_in(tmp_path)
    empty()
    with_manifest(file, change)
    assert says in refusal(command("restore", str(file), "--yes", "--unsigned"))


def test_run5_a_backup_by_the_release_before_from_tables_of_the_next_one_is_restored_by_it(
    tmp_path: Path, command: Runner
) -> None:
    """As it is made after the way back to that release, whose tables stay."""
    file = backup_in(tmp_path)
    empty()
    with_manifest(file, lambda manifest: manifest["migrations"].append("reference_tokens.9999_of_the_next_release"))
    assert command("restore", str(file), "--yes", "--unsigned").status == 0
