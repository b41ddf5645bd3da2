"""What the service reads that operators keep: settings, the lines of the fence, and backups."""

from __future__ import annotations

import io
import shlex
import zipfile
from typing import Any, cast
from unittest.mock import patch

from reference_tokens.fence.lines import line_text, read_line
from tokens_project.backups.archive import NoBackup, opened
from tokens_project.environment.addresses import origin, sender
from tokens_project.environment.databases import replica
from tokens_project.environment.files import environment_line
from tokens_project.environment.hosts import hosts
from tokens_project.environment.values import BadSetting, boolean, integer, words
from trusted_apps.models import Scope

FIRST_YEAR = 1000


def fence_line(data: bytes) -> None:
    """A line of the fence means what it is written as, or nothing; a year of this product has four digits."""
    found = read_line(data.decode("utf-8", "replace"))
    assert found is None or found.at.year < FIRST_YEAR or read_line(line_text(found)) == found


def setting(data: bytes) -> None:
    """A setting has a value that its reader allows, or the start ends with a sentence about it."""
    text = data.decode("utf-8", "surrogateescape").replace("\0", "")
    readers: list[Any] = [
        lambda: integer("FUZZED", 5, least=1, most=9),
        lambda: boolean("FUZZED", default=True),
        lambda: words("FUZZED", []),
        lambda: hosts("FUZZED", []),
        lambda: origin("FUZZED", "https://tokens.example"),
        lambda: sender("FUZZED", "tokens@example.com"),
        lambda: replica("FUZZED"),
    ]
    with patch.dict("os.environ", {"FUZZED": text}):
        for read in readers:
            try:
                read()
            except BadSetting as refused:
                assert str(refused).startswith("FUZZED: ")


def environment_file(data: bytes) -> None:
    """What is written into the file of settings is one word for a shell, and the same value.

    Python's reader of words leaves the signs of variables as they are; tests with a real shell hold those.
    """
    value = "".join(sign for sign in data.decode("utf-8", "replace") if sign.isprintable() and sign not in "$`")
    assert shlex.split(environment_line("NAME", value)) == [f"NAME={value}"]


def backup(data: bytes) -> None:
    """A file is a backup whose rows can be read, or it is refused; unsigned ones are taken, to come so far.

    The first line is the manifest, and the rest a table; what begins as a ZIP does is the whole file.
    """
    file = io.BytesIO(data if data.startswith(b"PK") else zipped(*[*data.split(b"\n", 1), b""][:2]))
    try:
        with opened(cast("Any", file), may_be_unsigned=True) as archive:
            if Scope._meta.db_table in archive.manifest["tables"]:
                for row in archive.rows(Scope):
                    assert isinstance(row, list)
    except NoBackup as refused:
        assert str(refused)


def zipped(manifest: bytes, rows: bytes) -> bytes:
    """A file with this manifest and these rows."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as members:
        members.writestr("manifest.json", manifest)
        members.writestr("signature", "00")
        members.writestr(f"{Scope._meta.db_table}.jsonl", rows)
    return file.getvalue()
