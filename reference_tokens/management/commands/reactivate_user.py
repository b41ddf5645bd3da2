from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.commands import Command as BaseCommand
from accounts.commands import find_user_who_is_here
from reference_tokens.lifecycle.offboarding import reactivate_with_tokens


class Command(BaseCommand):
    help = "Let a person or a System User be active again, with every token that has not ended."
    example = "reactivate_user alice"

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="who comes back")

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        user = find_user_who_is_here(options["username"])
        changed = reactivate_with_tokens(actor=OPERATOR, user=user, now=timezone.now())
        return {"id": str(user.pk), "username": user.username, "is_active": True, "changed": changed}

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [f"{result['username']} {'is active' if result['changed'] else 'was active already'}."]
