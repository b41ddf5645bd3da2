"""Moving an instance: all that one database stores, into an empty one (RUN-6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model

from accounts.audit.verification import verify
from accounts.models import AuditHead
from accounts.progress import Report, is_watched, rows_with_progress
from tokens_project.copying.connections import SOURCE, connected, may_begin, only_read, standing_still
from tokens_project.copying.digests import Digest, digest_of
from tokens_project.copying.filling import complete, filling, open_up
from tokens_project.copying.numbers import go_on_from, last_numbers
from tokens_project.copying.others import others_at
from tokens_project.copying.rows import AT_ONCE, Row, rows_of, write_rows
from tokens_project.copying.tables import all_of, tables, what_is_in

STAYS_EMPTY = "The new database is as empty as before."


class NotMoved(Exception):
    """The instance was not moved, and the new database holds nothing of it; the message says why."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What was copied, and is the same in both databases: a digest for each table, and the length of the audit log."""

    digests: dict[str, Digest]
    audit_entries: int

    @property
    def rows(self) -> int:
        """The rows of all tables."""
        return sum(digest.rows for digest in self.digests.values())


def move(target: dict[str, Any], report: Report) -> Moved:
    """Copy all of the default database into an empty one, compare both, and leave the first as it was.

    Raises `NotMoved`, and `django.db.Error` of either database; then nothing is copied.
    """
    with connected(SOURCE, only_read(connection.settings_dict)) as source:
        report("Looking at both databases")
        require_at_rest(source)
        with connected(DEFAULT_DB_ALIAS, may_begin(target)) as new:
            require_empty(new)
            report("Making the tables")
            call_command("migrate", verbosity=0)
            try:
                return copied(source, new, report)
            finally:
                # It remembers numbers of rows that are others now.
                ContentType.objects.clear_cache()


def require_at_rest(source: Any) -> None:
    """Raise `NotMoved` for a database of another release, and for one that somebody is connected to."""
    require_release(source)
    if others := others_at(source):
        raise NotMoved(f"others have it open ({others}): stop the service first, what it writes would be lost.")


def require_release(source: Any) -> None:
    """Raise `NotMoved` where `migrate` has not made the tables of this release, or those of a newer one are there."""
    known = MigrationLoader(None).disk_migrations
    applied = MigrationRecorder(source).applied_migrations().keys()
    if known.keys() - applied:
        raise NotMoved("the database is not that of this release: run `migrate` first.")
    if applied - known.keys() - {step for migration in known.values() for step in migration.replaces}:
        raise NotMoved("the tables were made by a newer release, which this one does not know: move it with that one.")


def require_empty(new: Any) -> None:
    """Raise `NotMoved` for a database that holds anything; a file that is not there yet holds nothing."""
    if not getattr(new, "missing", []) and (table := what_is_in(new)):
        raise NotMoved(f"the new database is not empty (there is {table}): give one that holds nothing.")


def copied(source: Any, new: Any, report: Report) -> Moved:
    """Copy every row and compare; all in one transaction of the new database, which ends only if all is the same."""
    with filling(new):
        taken = open_up(new)
        with standing_still(source):
            head = head_of(source)
            digests = {model._meta.db_table: copied_table(model, report) for model in tables()}
            numbers = last_numbers(source)
        go_on_from(new, numbers)
        complete(new, taken, report)
        for model in tables():
            require_same(model, digests[model._meta.db_table], report)
        entries = require_verified(report)
        if head_of(source) != head:
            raise NotMoved(f"the service has acted meanwhile: stop it first. {STAYS_EMPTY}")
    return Moved(digests, entries)


def head_of(source: Any) -> int:
    """The number of the last entry of its audit log."""
    return AuditHead.objects.using(source.alias).values_list("seq", flat=True)[0]


def copied_table(model: type[Model], report: Report) -> Digest:
    """Copy a table; returns the digest of what was read."""
    digest = Digest()
    write_rows(model, digest.counting(watched(model, SOURCE, "Copying", report)), DEFAULT_DB_ALIAS)
    return digest


def require_same(model: type[Model], digest: Digest, report: Report) -> None:
    """Raise `NotMoved` where a table does not hold what was read from the other one."""
    found = digest_of(watched(model, DEFAULT_DB_ALIAS, "Comparing", report))
    if (found.rows, found.hexdigest()) != (digest.rows, digest.hexdigest()):
        table, rows = model._meta.db_table, f"{digest.rows:,} rows were read, {found.rows:,} are there"
        raise NotMoved(f"{table} is not the same in both databases: {rows}. {STAYS_EMPTY}")


def watched(model: type[Model], using: str, act: str, report: Report) -> Iterator[Row]:
    """The rows of a table, whose number is reported."""
    total = all_of(model, using).count() if is_watched(report) else None
    text = f"{act} {model._meta.verbose_name_plural}"
    return rows_with_progress(rows_of(model, using), text, report, total=total, every=AT_ONCE)


def require_verified(report: Report) -> int:
    """The number of entries of the new audit log; raises `NotMoved` where they are not as they were written."""
    found = verify(report=report)
    if found.broken:
        raise NotMoved(f"{found.broken.says}: look at `verify_audit_log` before you move it. {STAYS_EMPTY}")
    return found.count
