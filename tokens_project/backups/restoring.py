"""Restoring: a backup into an empty database, in one transaction with what the fence tells to have ended since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model

from accounts.audit.record import OPERATOR, Target, record_event
from accounts.audit.verification import Verified, verify
from accounts.progress import Report, rows_with_progress
from accounts.text.reasons import Reason
from reference_tokens.fence.place import has_fence
from reference_tokens.fence.positions import Position
from reference_tokens.lifecycle.reason_codes import ReasonCode
from reference_tokens.lifecycle.revocation import revoke_tokens
from reference_tokens.models import ReferenceToken
from reference_tokens.restoring.holding import Held, hold, is_whole_since
from reference_tokens.token_values.key_ring import key_ring
from tokens_project.backups.archive import Archive, NoBackup
from tokens_project.backups.making import backed_up
from tokens_project.copying.filling import complete, filling, open_up
from tokens_project.copying.numbers import go_on_from
from tokens_project.copying.rows import AT_ONCE, Row, columns_of, write_rows
from tokens_project.copying.tables import what_is_in


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore has done."""

    audit_log: Verified
    # What the fence told; nothing where there is none.
    held: Held
    # Whether the fence told all that happened since the backup.
    is_covered: bool
    # How many tokens were revoked since nothing told whether they were before.
    revoked: int


def require_new_database() -> None:
    """Raise `NoBackup` where `migrate` has not made all tables, or there are rows; `django.db.Error` where none is."""
    applied = {f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()}
    if known_migrations() - applied:
        raise NoBackup("the database lacks tables of this release: run `migrate` first.")
    if table := what_is_in(connection):
        raise NoBackup(f"the database is not empty (there is {table}): give a new one, after `migrate`.")


def known_migrations() -> set[str]:
    """The migrations of this release."""
    return {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}


def require_fitting(archive: Archive, *, lost_keys: bool) -> None:
    """Raise `NoBackup` where it cannot be restored here: it is of another release, or keys are missing."""
    require_release(archive)
    missing = set(archive.manifest["token_hash_keys"]) - set(key_ring().ids)
    if missing and not lost_keys:
        raise NoBackup(
            f"TOKEN_HASH_KEYS lacks keys that its tokens need ({', '.join(sorted(missing))}): add them. Where they are"
            " lost for good, --lost-keys restores it all the same."
        )


def require_release(archive: Archive) -> None:
    """Raise `NoBackup` where the tables of the backup are not those of this release."""
    known = known_migrations()
    if known != known & set(archive.manifest["migrations"]):
        raise NoBackup(f"it was made by version {archive.manifest['version']}: restore it with that one, then upgrade.")
    columns = {model._meta.db_table: columns_of(model) for model in backed_up()}
    if columns != {table: about["columns"] for table, about in archive.manifest["tables"].items()}:
        of_it = f"version {archive.manifest['version']}, which stores what this one does not know"
        raise NoBackup(f"it was made by {of_it}: restore it with that one.")


def fence_covers(archive: Archive) -> bool:
    """Whether the fence tells all that happened since the backup."""
    known = archive.manifest["fence"]
    return has_fence() and known is not None and is_whole_since(Position(*known))


def restore(archive: Archive, *, now: datetime, keeps_tokens: bool, report: Report) -> Restored:
    """Fill the empty database, then end again what the fence tells; all or nothing.

    Where no fence tells all of it, every token is revoked unless it `keeps_tokens`. Raises `NoBackup`, and
    `django.db.Error` where the rows do not fit together.
    """
    is_covered = fence_covers(archive)
    try:
        with filling(connection):
            fill(archive, report)
            report("Ending again what the fence tells")
            held = hold(now, actor=OPERATOR) if has_fence() else Held()
            revoked = 0 if is_covered or keeps_tokens else revoke_all(archive, now)
            record_restore(archive, held, revoked, now, is_covered=is_covered)
            return Restored(verify(report=report), held, is_covered, revoked)
    finally:
        # It remembers numbers of rows that are others now.
        ContentType.objects.clear_cache()


def fill(archive: Archive, report: Report) -> None:
    """Write every row of the backup, and lay what stands beside the rows."""
    taken = open_up(connection)
    for model in backed_up():
        fill_table(model, archive, report)
    go_on_from(connection, archive.manifest["numbers"])
    complete(connection, taken, report)


def fill_table(model: type[Model], archive: Archive, report: Report) -> None:
    """Write the rows of a table; raises `NoBackup` for values that are none of its columns'."""
    try:
        write_rows(model, watched_rows(archive, model, report), DEFAULT_DB_ALIAS)
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise NoBackup(f"the file was changed: {model._meta.db_table} cannot hold what stands there.") from error


def watched_rows(archive: Archive, model: type[Model], report: Report) -> Iterator[Row]:
    """The rows of a table, whose number is reported."""
    total = archive.manifest["tables"][model._meta.db_table]["rows"]
    text = f"Restoring {model._meta.verbose_name_plural}"
    return rows_with_progress(archive.rows(model), text, report, total=total, every=AT_ONCE)


def revoke_all(archive: Archive, now: datetime) -> int:
    """Revoke every token, since nothing tells which were revoked since; their owners are mailed."""
    return revoke_tokens(
        actor=OPERATOR,
        tokens=ReferenceToken.objects.all(),
        chosen_by={"backup": archive.manifest["made_at"]},
        now=now,
        reason=Reason(code=ReasonCode.RESTORED_WITHOUT_FENCE),
    )


def record_restore(archive: Archive, held: Held, revoked: int, now: datetime, *, is_covered: bool) -> None:
    """Write into the audit log, behind what it held by then, that it goes on from there."""
    details: dict[str, Any] = {
        "made_at": archive.manifest["made_at"],
        "fence": "whole" if is_covered else "none",
        "ended": held.count,
        "unknown": len(held.unknown),
        "revoked": revoked,
    }
    with transaction.atomic():
        record_event(OPERATOR, "instance:restore", Target("instance", ""), now=now, details=details)
