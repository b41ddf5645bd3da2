"""What a command says where the database refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db import Error


def cause_of(error: Error) -> str:
    """The first line of what it said: the others repeat it for each address, or show the statement."""
    return str(error).strip().partition("\n")[0]
