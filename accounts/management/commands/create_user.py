from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.commands import Command as BaseCommand
from accounts.commands import secret_from_standard_input
from accounts.people.creation import create_user


class Command(BaseCommand):
    help = "Create a person, or with --system an identity for software."
    example = 'create_user alice --name "Alice Example" --email alice@example.com'

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="letters, digits and . _ @ + # -; unique without case")
        parser.add_argument("--name", default="", help="the full name that others see")
        parser.add_argument("--email", default="", help="the e-mail address")
        kind = parser.add_mutually_exclusive_group()
        kind.add_argument("--administrator", action="store_true", help="may use the Instance Manager")
        kind.add_argument("--system", action="store_true", help="a System User: can never sign in")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input; without it, none"
        )

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        user = create_user(
            actor=OPERATOR,
            now=timezone.now(),
            username=options["username"],
            name=options["name"],
            email=options["email"],
            is_administrator=options["administrator"],
            is_system=options["system"],
            password=secret_from_standard_input("password") if options["password_stdin"] else None,
        )
        return {
            "id": str(user.pk),
            "username": user.username,
            "kind": str(user.kind),
            "administrator": user.is_administrator,
        }

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [f"Created {result['username']} ({result['id']})."]
