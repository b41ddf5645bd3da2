"""Asking on the terminal before a command does what is not easily undone."""

from __future__ import annotations

import sys

from accounts.commands import Error


def ask(question: str, *, what: str, nothing: str) -> None:
    """Ask on the terminal; raises `Error` where the answer is not yes, or nobody can answer.

    `what` would be done, as in "to revoke"; `nothing` was done, as in "nothing was revoked".
    """
    if not sys.stdin.isatty():
        raise Error(f"give --yes {what} without being asked.")
    tell(f"{question} Type yes: ")
    if sys.stdin.readline().strip().lower() != "yes":
        raise Error(f"{nothing}.")


def tell(text: str) -> None:
    """Write on the terminal, where somebody is asked. Standard output is for the result, perhaps JSON for a file."""
    print(text, end="", file=sys.stderr, flush=True)  # noqa: T201 - a question stands on standard error, without a line's end
