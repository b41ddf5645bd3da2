"""The key ring of this process, and whether it has every key that stored digests need (TOK-2)."""

from __future__ import annotations

from functools import lru_cache

from accounts.at_hand import settings_at_hand
from reference_tokens.token_values.hashing import KeyRing


class KeyRingIncomplete(Exception):
    """A digest was made under a key that this process lacks: nobody can say that a token is unknown."""


@lru_cache(maxsize=8)
def _ring_of(keys: tuple[str, ...]) -> KeyRing:
    return KeyRing(keys)


def key_ring() -> KeyRing:
    """The ring made of `TOKEN_HASH_KEYS`."""
    return _ring_of(tuple(settings_at_hand().TOKEN_HASH_KEYS))
