from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from accounts.commands import Command as BaseCommand
from accounts.commands import Error, find_user_who_is_here
from reference_tokens.commands.acts import tokens_in_words
from reference_tokens.commands.leaving import Question, act_having_asked
from reference_tokens.lifecycle.offboarding import delete_with_tokens


class Command(BaseCommand):
    help = "Delete a person for good: forget who they were, and revoke their PATs. Asks first, unless --yes."
    example = "delete_user alice --yes"

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="whom to delete; the user name is never given away again")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        user = find_user_who_is_here(options["username"])
        username = user.username
        if not user.is_person:
            raise Error(
                f"{username} is a System User, which is deactivated and not deleted: deactivate_user {username}"
            )
        revoked = act_having_asked(
            delete_with_tokens,
            user,
            Question("Delete", "revoked", "This cannot be undone."),
            yes=options["yes"],
        )
        return {"id": str(user.pk), "username": username, "revoked": revoked or 0}

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [f"{result['username']} was deleted. Revoked {tokens_in_words(result['revoked'])}."]
