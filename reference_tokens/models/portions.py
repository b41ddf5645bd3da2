"""The ids of very many tokens, in little memory: work in portions goes on for minutes in a process that serves."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_tokens.models.tokens import ReferenceTokenQuerySet

READ_AT_ONCE = 2000
BYTES = 16


class TokenIds:
    """The ids of some tokens in the order of the query, read once: 16 bytes each, where an object takes 100."""

    def __init__(self, tokens: ReferenceTokenQuerySet) -> None:
        self._packed = bytearray()
        ids: Any = tokens.values_list("pk", flat=True)
        for pk in ids.one_by_one(READ_AT_ONCE):
            self._packed += pk.bytes

    def __len__(self) -> int:
        return len(self._packed) // BYTES

    def portions(self, size: int) -> Iterator[list[uuid.UUID]]:
        """The ids, so many at a time."""
        for start in range(0, len(self._packed), size * BYTES):
            packed = bytes(self._packed[start : start + size * BYTES])
            yield [uuid.UUID(bytes=packed[at : at + BYTES]) for at in range(0, len(packed), BYTES)]
