from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.staticfiles.management.commands.runserver import Command as BaseCommand
from django.db import connection


class Command(BaseCommand):
    """Django's own, at the address that the service goes by, and with a database."""

    default_addr = "localhost"
    default_port = str(settings.PORT)

    def run(self, **options: Any) -> None:
        # Here rather than in the thread of the server: there it would be a trace, after which it waits for ever.
        connection.ensure_connection()
        connection.close()
        super().run(**options)
