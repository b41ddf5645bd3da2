"""Backups of the database of a test, other ones made of them, and their restore into it."""

from __future__ import annotations

import json
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.utils import timezone

from accounts.progress import to_nobody
from tests.command_line import Outcome
from tests.emptied_tables import empty
from tokens_project.backups.archive import MANIFEST, opened
from tokens_project.backups.making import back_up
from tokens_project.backups.restoring import Restored, require_fitting, restore


def backup_in(folder: Path) -> Path:
    """A backup of the instance as it is now."""
    file = folder / f"{uuid.uuid4().hex}.zip"
    back_up(file, now=timezone.now(), report=to_nobody)
    return file


def restored_from(file: Path, *, keeps_tokens: bool = False) -> Restored:
    """The backup, restored into the database, which was emptied."""
    empty()
    with opened(file) as archive:
        require_fitting(archive, lost_keys=False)
        return restore(archive, now=timezone.now(), keeps_tokens=keeps_tokens, report=to_nobody)


def refusal(outcome: Outcome) -> str:
    """The one line with which a command refused."""
    assert outcome.is_one_line_of_refusal
    return outcome.stderr


def rewritten(change: Callable[[dict[str, bytes]], object]) -> Callable[[Path], None]:
    """The file with other members."""

    def act(file: Path) -> None:
        with zipfile.ZipFile(file) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        change(members)
        with zipfile.ZipFile(file, "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)

    return act


def with_manifest(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """The file with another manifest, under the signature of the first."""

    def other(members: dict[str, bytes]) -> None:
        manifest = json.loads(members[MANIFEST])
        change(manifest)
        members[MANIFEST] = json.dumps(manifest).encode()

    rewritten(other)(file)
