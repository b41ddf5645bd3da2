from __future__ import annotations

from accounts.commands import RefusedCommand


class Command(RefusedCommand):
    help = "Refused: use create_user, create_application and the other commands of the product."
    instead = "create_user, create_application and the other commands of docs/command-line.md"
