"""The errors of the database in the words of a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db import Error


def cause_of(error: Error) -> str:
    """The first line of the error: the others repeat it for each address, or show the statement."""
    return str(error).strip().partition("\n")[0]
