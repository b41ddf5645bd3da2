"""The errors of the database in the words of a command."""

from __future__ import annotations


def cause_of(error: Exception) -> str:
    """The first line of the error: the others repeat it for each address, or show the statement."""
    return str(error).strip().partition("\n")[0]
