from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as BaseCommand
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


class Command(BaseCommand):
    """Django's command, for one process at a time, so that many may start at once.

    Only this command begins a new instance: no other one creates a database or keys.
    """

    def execute(self, *args: Any, **options: Any) -> str | None:
        if options["plan"] or options["check_unapplied"]:
            return super().execute(*args, **options)
        # Before `handle`, since the system's checks ask the database.
        connection: Any = connections[options["database"]]
        begin = getattr(connection, "begin", None)
        if begin:
            try:
                begin()
            except ImproperlyConfigured as error:
                raise CommandError(str(error)) from error

        def say_that_it_waits() -> None:
            if options["verbosity"]:
                self.stdout.write("Waiting until no other process migrates")
                self.stdout.flush()

        with connection.migrating(say_that_it_waits):
            require_whole_steps(connection)
            return super().execute(*args, **options)


def require_whole_steps(connection: Any) -> None:
    """Refuse a database that stopped between steps which this version has made one, and knows no more by themselves."""
    known = MigrationLoader(None).disk_migrations
    applied = MigrationRecorder(connection).applied_migrations().keys()
    for app, name in known:
        steps = {step for step in known[app, name].replaces if step not in known}
        if (app, name) not in applied and steps & applied and not steps <= applied:
            raise CommandError(
                f"The tables of {app} were left half-way by an older version:"
                f" run `{settings.COMMAND} migrate` of that version."
            )
