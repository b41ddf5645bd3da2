"""The errors of the database in the words of a command."""

from __future__ import annotations

# By words of the cause: what it is about is there, and migrating it would not help.
ADVICE = {
    "readonly": "call this as the user of the service, who may write it and its folder.",
    "read-only": "it takes no writes now: is it a standby, or closed to them?",
    "disk is full": "make room on its disk.",
    "No space left": "make room on its disk.",
    "is locked": "somebody else is writing: call this again.",
}


def cause_of(error: Exception) -> str:
    """The first line of the error: the others repeat it for each address, or show the statement."""
    return str(error).strip().partition("\n")[0]


def advice_for(cause: str, command: str) -> str:
    """What to do about a database that refused for that cause; `command` is what runs the commands of the service."""
    return next(
        (advice for words, advice in ADVICE.items() if words in cause),
        f"is it there and migrated? ({command} migrate)",
    )
