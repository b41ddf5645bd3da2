"""Backups of the database of a test, and their restore into it."""

from __future__ import annotations

import uuid
from pathlib import Path

from django.utils import timezone

from accounts.progress import to_nobody
from tests.emptied_tables import empty
from tokens_project.backups.archive import opened
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
