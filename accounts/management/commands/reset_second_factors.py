from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.commands import Command as BaseCommand
from accounts.commands import Error, find_user
from accounts.people.administrators import LastAdministrator
from accounts.second_factors.factors import remove_all


class Command(BaseCommand):
    help = "Remove the second factors of a person who has lost them; their sessions end, and they are told by mail."
    example = "reset_second_factors alice"

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="whose authenticator app, passkeys and recovery codes to remove")

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        user = find_user(options["username"])
        try:
            removed = remove_all(actor=OPERATOR, user=user, now=timezone.now())
        except LastAdministrator as error:
            # They sign in by passkey alone.
            raise Error(f"{error} Or give {user.username} a password first: changepassword {user.username}") from error
        return {"username": user.username, "removed": removed}

    def lines(self, result: dict[str, Any]) -> list[str]:
        if not result["removed"]:
            return [f"{result['username']} has no second factor."]
        return [f"Removed the second factors of {result['username']}, {result['removed']} in number."]
