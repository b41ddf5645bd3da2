"""Where a token leads: each site names its own pages."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import cache

from django.urls import reverse


@dataclass(frozen=True, slots=True)
class TokenLinks:
    """The pages of one site that a token links to, by the names of their URLs; empty where it does not link there."""

    detail: str = ""
    rename: str = ""
    revoke: str = ""
    rotate: str = ""
    # Each site rotates the tokens of one kind: a PAT its holder alone, a SAT an administrator.
    rotates: str = ""
    end: str = ""
    suspend: str = ""
    resume: str = ""
    application: str = ""
    user: str = ""
    # The audit log, which the parameter `token` narrows to one.
    log: str = ""


NO_LINKS = TokenLinks()
NO_ID = uuid.UUID(int=0)


def link(name: str, pk: uuid.UUID | str) -> str:
    """The path of the page about the row of this id; empty where there is no such page."""
    return str(pk).join(path_around_id(name)) if name else ""


@cache
def path_around_id(name: str) -> list[str]:
    """The path of such a page, before the id and behind it.

    It is kept: a list of 50 tokens has 200 links, and `reverse` for each of them took a quarter of its time.
    """
    return reverse(name, args=[NO_ID]).split(str(NO_ID))
