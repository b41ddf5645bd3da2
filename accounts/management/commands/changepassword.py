from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.commands import Command as BaseCommand
from accounts.commands import Error, find_user, secret_from_standard_input
from accounts.passwords.setting import set_password


class Command(BaseCommand):
    help = "Give a person the password on standard input; their sessions end, and they are told by mail."
    example = "changepassword alice"

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="whose password to change")

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        user, now = find_user(options["username"]), timezone.now()
        if not set_password(actor=OPERATOR, user=user, password=secret_from_standard_input("password"), now=now):
            raise Error(f"{user.username} cannot sign in: a System User never, a person once they are reactivated.")
        return {"username": user.username}

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [f"Changed the password of {result['username']}."]
