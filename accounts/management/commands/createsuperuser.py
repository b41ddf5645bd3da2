from __future__ import annotations

from accounts.commands import RefusedCommand


class Command(RefusedCommand):
    help = "Refused: use create_user USERNAME --administrator --password-stdin."
    instead = "create_user USERNAME --administrator --password-stdin"
