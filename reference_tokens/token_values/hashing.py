"""Keyed digests of tokens and secrets (TOK-2), given the keys; pure, without Django.

HMAC-SHA-256, not a password hash: the input has at least 224 random bits, so that stretching adds nothing. The key
stands outside the database, so that who can write to the database can still not make a credential.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence


class KeyNotInRing(LookupError):
    """A stored digest was made under a key that this process does not have."""


class KeyRing:
    """The keys that digests are made under, newest first. The first makes new digests; all are looked up."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = {key_id(key): key.encode() for key in keys}
        self.ids = tuple(self._keys)
        self.current_id = self.ids[0]
        # A keyed HMAC is set up once and copied for each digest: half of the work of a short message is its key.
        self._prepared = {id_: hmac.new(key, digestmod=hashlib.sha256) for id_, key in self._keys.items()}

    def digest(self, plaintext: str, id_: str | None = None) -> bytes:
        """The 32 bytes stored for a token or secret, under the key of that id (the current one by default).

        Raises `KeyNotInRing`.
        """
        try:
            keyed = self._prepared[id_ or self.current_id].copy()
        except KeyError:
            raise KeyNotInRing(id_) from None
        keyed.update(plaintext.encode())
        return keyed.digest()

    def digests(self, plaintext: str) -> list[bytes]:
        """What a token may be stored as: its digest under each key, newest first."""
        return [self.digest(plaintext, id_) for id_ in self.ids]


def key_id(key: str) -> str:
    """A public name for a key, which tells nothing of it: 16 hexadecimal digits."""
    return hmac.new(key.encode(), b"key id", hashlib.sha256).hexdigest()[:16]


def plain_digest(plaintext: str) -> str:
    """The SHA-256 of a token, in hexadecimal, which anybody can compute who has the value; nobody gets back from it."""
    return hashlib.sha256(plaintext.encode()).hexdigest()


def is_same_digest(one: bytes, other: bytes) -> bool:
    """Compare digests in constant time (ASVS v5.0.0-11.2.4)."""
    return hmac.compare_digest(one, other)
