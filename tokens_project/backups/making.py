"""Backing up: every table as it is at one moment, whatever others write meanwhile."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BufferedRandom
from pathlib import Path
from typing import IO, Any

from allauth.account.models import EmailConfirmation
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model

from accounts.audit.record import OPERATOR, Target, record_event
from accounts.models import AttemptCount, AuditHead, EmailChange, Invitation, PasswordReset
from accounts.progress import Report
from reference_tokens.models import FencePosition, HashKey, Lease, ReferenceToken, RepeatableAnswer
from tokens_project.backups.archive import ArchiveWriter, NoBackup
from tokens_project.copying.connections import SOURCE, connected, only_read, standing_still
from tokens_project.copying.moving import watched
from tokens_project.copying.numbers import last_numbers
from tokens_project.copying.tables import tables

# What is good for a while alone, and must not be good again: sessions, links that were mailed, answers to be repeated;
# counts of attempts; and whose turn it is to keep house.
LEFT_OUT: frozenset[type[Model]] = frozenset(
    [
        *(Session, UserSession, Invitation, PasswordReset, EmailChange, EmailConfirmation),
        *(RepeatableAnswer, AttemptCount, Lease),
    ]
)


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made."""

    manifest: dict[str, Any]
    size: int
    sha256: str


def backed_up() -> list[type[Model]]:
    """The model of each table that a backup holds."""
    return [model for model in tables() if model not in LEFT_OUT]


def back_up(file: Path, *, now: datetime, report: Report) -> Made:
    """Write all that is stored into a new file, which nobody else can read, and record it; all or nothing.

    Raises `NoBackup` where the file cannot be written, or is there already.
    """
    with new_file(file) as written:
        manifest = write_backup(written, now, report)
        size = written.seek(0, os.SEEK_END)
        written.seek(0)
        sha256 = hashlib.file_digest(written, "sha256").hexdigest()
    with removed_where_it_fails(file), transaction.atomic():
        details = {"seq": manifest["audit_log"]["seq"], "digest": sha256}
        record_event(OPERATOR, "instance:backup", Target("instance", ""), now=now, details=details)
    return Made(manifest, size, sha256)


def write_backup(file: IO[bytes], now: datetime, report: Report) -> dict[str, Any]:
    """Write it; returns its manifest."""
    with (
        ArchiveWriter(file) as archive,
        connected(SOURCE, only_read(connection.settings_dict)) as source,
        standing_still(source),
    ):
        about = facts(source, now)
        for model in backed_up():
            archive.add_table(model, watched(model, SOURCE, "Copying", report))
        return archive.end(about)


def facts(source: Any, now: datetime) -> dict[str, Any]:
    """What a backup says of the instance as it is at that moment: nothing that opens anything, ids of keys alone."""
    [(seq, hash_)] = AuditHead.objects.using(SOURCE).values_list("seq", "hash")
    keys = HashKey.objects.using(SOURCE).filter(retired_at=None)
    return {
        "version": settings.VERSION,
        "made_at": now.isoformat(),
        "database": source.vendor,
        "migrations": sorted(f"{app}.{name}" for app, name in MigrationRecorder(source).applied_migrations()),
        "audit_log": {"seq": seq, "hash": bytes(hash_).hex()},
        "token_hash_keys": sorted(keys.values_list("pk", flat=True)),
        "live_tokens": ReferenceToken.objects.using(SOURCE).not_ended(now).count(),
        "fence": next(iter(FencePosition.objects.using(SOURCE).values_list("place", "mark")), None),
        "numbers": last_numbers(source),
    }


@contextmanager
def new_file(file: Path) -> Iterator[BufferedRandom]:
    """A file that has its name once it is whole and on the disk; raises `NoBackup` where that cannot be."""
    require_new(file)
    part = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with removed_where_it_fails(part):
            with os.fdopen(descriptor, "w+b") as written:
                yield written
                written.flush()
                os.fsync(written.fileno())
            # Another one may have been made meanwhile.
            require_new(file)
            part.rename(file)
        with removed_where_it_fails(file):
            sync_folder(file.parent)
    except OSError as error:
        raise NoBackup(f"{file} cannot be written: {error.strerror}.") from error


def require_new(file: Path) -> None:
    """Raise `NoBackup` where something has that name."""
    if os.path.lexists(file):
        raise NoBackup(f"{file} is there already: give a new name.")


@contextmanager
def removed_where_it_fails(file: Path) -> Iterator[None]:
    """Leave no file behind where anything goes wrong in the block."""
    try:
        yield
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk; raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
