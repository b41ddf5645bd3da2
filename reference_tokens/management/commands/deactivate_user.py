from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from accounts.commands import Command as BaseCommand
from accounts.commands import Error, find_user_who_is_here
from accounts.models import User
from reference_tokens.commands.acts import tokens_in_words
from reference_tokens.commands.leaving import Question, act_having_asked, live_number_of
from reference_tokens.lifecycle.offboarding import deactivate_with_tokens

KEEP, REVOKE = "keep", "revoke"
TOKENS_ARE = {KEEP: "refused until they are reactivated", REVOKE: "revoked for good"}


class Command(BaseCommand):
    help = "Deactivate a person or a System User: sessions end, tokens are refused. Asks first, unless --yes."
    example = "deactivate_user alice --tokens revoke --yes"

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="who goes, for a while or for good")
        parser.add_argument(
            "--tokens",
            choices=TOKENS_ARE,
            default=KEEP,
            help="what becomes of a person's PATs: those that are kept are good again after reactivate_user",
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        user, tokens = find_user_who_is_here(options["username"]), options["tokens"]
        if tokens == REVOKE and not user.is_person:
            raise Error(f"{user.username} is a System User: revoke_tokens --application revokes what acts as it.")
        revoked = None
        if user.is_active:
            revoked = act_having_asked(
                deactivate_with_tokens,
                user,
                Question("Deactivate", TOKENS_ARE[tokens], "Their sessions end."),
                yes=options["yes"],
                revokes_tokens=tokens == REVOKE,
            )
        if revoked is None and tokens == REVOKE:
            require_no_token(user)
        return {
            "id": str(user.pk),
            "username": user.username,
            "is_active": False,
            "changed": revoked is not None,
            "revoked": revoked or 0,
        }

    def lines(self, result: dict[str, Any]) -> list[str]:
        if not result["changed"]:
            return [f"{result['username']} was inactive already."]
        revoked = [f"Revoked {tokens_in_words(result['revoked'])}."] if result["revoked"] else []
        return [f"{result['username']} is inactive.", *revoked]


def require_no_token(user: User) -> None:
    """Raise `Error` where somebody who was inactive already has live tokens: none of them was revoked."""
    if live_number_of(user):
        name = user.username
        raise Error(f"{name} was inactive already, and nothing was done: revoke_tokens --user {name} revokes the rest.")
