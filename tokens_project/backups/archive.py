"""The file of a backup: a ZIP with a member of JSON lines for each table, a manifest about them, and its signature."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import IO, Any, Self

from django.db.models import Model

from accounts.audit.chain import as_json
from accounts.sealing import is_signed, signed
from tokens_project.backups.members import lines_of, text_of
from tokens_project.copying.rows import AT_ONCE, Row, columns_of, instant_in

FORMAT = 1
MANIFEST, SIGNATURE = "manifest.json", "signature"
PURPOSE = b"backup"
# Fast: the text of many rows, of which digests take most, gets little shorter by more.
LEVEL = 2
# What reading a file raises that is cut, changed, or none of ours.
FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, NotImplementedError, RuntimeError)


class NoBackup(Exception):
    """The file cannot be used; the message says why."""


class ArchiveWriter:
    """A file that is written from its beginning to its end."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL)
        self.tables: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        """Let go of the file, which is no backup where its end was not written: the end cannot be written later."""
        with suppress(OSError):
            self._zip.close()

    def add_table(self, model: type[Model], rows: Iterable[Row]) -> None:
        """Write all the rows of a table."""
        digest, count, remaining = hashlib.sha256(), 0, iter(rows)
        with self._zip.open(member_of(model), "w", force_zip64=True) as member:
            while portion := list(islice(remaining, AT_ONCE)):
                text = "".join(f"{as_json(row)}\n" for row in portion).encode("ascii")
                digest.update(text)
                member.write(text)
                count += len(portion)
        about = {"rows": count, "sha256": digest.hexdigest(), "columns": columns_of(model)}
        self.tables[model._meta.db_table] = about

    def end(self, about: dict[str, Any]) -> dict[str, Any]:
        """Write what the file says of itself, signed; returns all of it."""
        manifest = {"format": FORMAT, **about, "tables": self.tables}
        text = json.dumps(manifest, indent=1, sort_keys=True)
        self._zip.writestr(MANIFEST, text)
        self._zip.writestr(SIGNATURE, signed(text, purpose=PURPOSE).hex())
        self._zip.close()
        return manifest


class Archive:
    """A file that is read: its manifest was signed by this instance, and each table is held against it."""

    def __init__(self, members: zipfile.ZipFile, manifest: dict[str, Any]) -> None:
        self._zip = members
        self.manifest = manifest

    def rows(self, model: type[Model]) -> Iterator[Row]:
        """Each row of a table; raises `NoBackup` where they are not the ones that were written."""
        about = self.manifest["tables"][model._meta.db_table]
        digest, count = hashlib.sha256(), 0
        with refused_where_damaged():
            for line in islice(lines_of(self._zip, member_of(model)), about["rows"] + 1):
                digest.update(line)
                count += 1
                if count <= about["rows"]:
                    yield row_in(line, len(about["columns"]))
        if (count, digest.hexdigest()) != (about["rows"], about["sha256"]):
            raise NoBackup(f"the file was changed: {model._meta.db_table} is not what was written.")


@contextmanager
def opened(file: Path, *, may_be_unsigned: bool = False) -> Iterator[Archive]:
    """The backup in a file; raises `NoBackup` where there is none, or it is not of this instance."""
    with refused_where_damaged():
        members = zipfile.ZipFile(file)
    with members:
        with refused_where_damaged():
            manifest = manifest_of(members, may_be_unsigned=may_be_unsigned)
        yield Archive(members, manifest)


def manifest_of(members: zipfile.ZipFile, *, may_be_unsigned: bool) -> dict[str, Any]:
    """What the file says of itself; raises `NoBackup` where nobody with the key of this instance has written that."""
    text, signature = text_of(members, MANIFEST), bytes.fromhex(text_of(members, SIGNATURE))
    if not (may_be_unsigned or is_signed(text, signature, purpose=PURPOSE)):
        raise NoBackup(
            "it is signed under another SECRET_KEY: give the one of that instance, or add it to SECRET_KEY_FALLBACKS."
            " Where it is lost, --unsigned takes the file as it is."
        )
    manifest: dict[str, Any] = json.loads(text)
    match manifest:
        case {"format": int(number), "version": str(version)} if number != FORMAT:
            raise NoBackup(f"it was made by version {version}, which writes another format: use that one.")
    if not is_whole(manifest):
        raise ValueError(MANIFEST)
    return manifest


def is_whole(manifest: Any) -> bool:
    """Whether it tells all that one tells, each in its form; raises `ValueError` for a time that is none."""
    match manifest:
        case {
            "format": int(),
            "version": str(),
            "made_at": str(made_at),
            "migrations": list(migrations),
            "token_hash_keys": list(keys),
            "live_tokens": int(),
            "fence": None | [int(), str()],
            "numbers": dict(numbers),
            "tables": dict(tables),
        }:
            instant_in(made_at)
            return are(str, [*migrations, *keys]) and are(int, numbers.values()) and all(map(tells, tables.values()))
    return False


def tells(table: Any) -> bool:
    """Whether it tells all that is told of a table."""
    match table:
        case {"rows": int(), "sha256": str(), "columns": list(columns)}:
            return are(str, columns)
    return False


def are(kind: type, values: Iterable[Any]) -> bool:
    """Whether all of them are of a kind."""
    return all(isinstance(value, kind) for value in values)


def row_in(line: bytes, columns: int) -> Row:
    """The row in a line; raises `ValueError` where it is none of so many columns."""
    row = json.loads(line)
    if not (isinstance(row, list) and len(row) == columns):
        raise ValueError(columns)
    return row


def member_of(model: type[Model]) -> str:
    """The name of the member that holds a table."""
    return f"{model._meta.db_table}.jsonl"


@contextmanager
def refused_where_damaged() -> Iterator[None]:
    """Tell what a damaged file, or disk, raises in the block as `NoBackup`."""
    try:
        yield
    except OSError as error:
        raise NoBackup(f"the file cannot be read: {error.strerror}.") from error
    except FAULTS as error:
        raise NoBackup("it is no backup of this product, or it was cut or changed.") from error
