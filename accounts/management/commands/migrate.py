from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as BaseCommand
from django.db import connections


class Command(BaseCommand):
    """Django's own, which begins a new instance: no other command makes a database or keys where there are none."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        # Before `handle`, since the system's checks ask the database.
        begin = getattr(connections[options["database"]], "begin", None)
        if begin and not (options["plan"] or options["check_unapplied"]):
            try:
                begin()
            except ImproperlyConfigured as error:
                raise CommandError(str(error)) from error
        return super().execute(*args, **options)
