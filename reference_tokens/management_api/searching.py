"""Words to look for, which stand in an address."""

from __future__ import annotations

from typing import Annotated

from ninja import Field

from accounts.text.secrets import holds_secret
from reference_tokens.lists.search import holds_token
from reference_tokens.management_api.problems import invalid_parameter

LONGEST = 200
# A parameter of a call, for its document.
Words = Annotated[str, Field(max_length=LONGEST, description="Words that are looked for, in any case.")]


def words_in(q: str) -> str:
    """The words without NUL, which PostgreSQL does not take; raises `Problem` 422 where they hold a secret (T37)."""
    if holds_token(q) or holds_secret(q):
        raise invalid_parameter("q", "A token is not looked for by its value, which must not stand in an address.")
    return q.replace("\0", "").strip()
