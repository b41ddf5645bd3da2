from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.staticfiles.management.commands.runserver import Command as BaseCommand
from django.db import connection


class Command(BaseCommand):
    """Django's command, at the address of the service; it refuses to start without a database."""

    default_addr = "localhost"
    default_port = str(settings.PORT)

    def run(self, **options: Any) -> None:
        # Here rather than in the thread of the server, which would print a trace and wait for ever.
        connection.ensure_connection()
        connection.close()
        super().run(**options)
