"""The commands that there are, Django's own among them; what is none of them is wrong usage."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from typing import NoReturn

from django.conf import settings
from django.core.management import ManagementUtility, get_commands
from django.core.management.base import BaseCommand

CANNOT, WRONG_USAGE = 1, 2


class Commands(ManagementUtility):
    """Django's way from the words of a command line to the command, which repeats no secret."""

    def fetch_command(self, subcommand: str) -> BaseCommand:
        """The command of that name; ends the process in one line where a word is a secret, or there is none."""
        # Both know the models, which Django knows by now.
        from accounts.commands import in_one_line  # noqa: PLC0415 - as it says
        from accounts.text.secrets import refusal_of  # noqa: PLC0415 - as it says

        if refusal := next(filter(None, map(refusal_of, self.argv[1:])), ""):
            end(CANNOT, refusal)
        if subcommand not in get_commands():
            end(WRONG_USAGE, f"there is no command {in_one_line(subcommand)}: {advice_for(subcommand)}")
        return super().fetch_command(subcommand)


def advice_for(name: str) -> str:
    """What to do about a name that no command has: the one that was probably meant, or the list."""
    near = get_close_matches(name, get_commands(), n=1)
    return f"did you mean {near[0]}?" if near else f"{settings.COMMAND} help lists them."


def end(status: int, why: str) -> NoReturn:
    """End the process."""
    sys.stderr.write(f"Error: {why}\n")
    sys.exit(status)
