"""Sealing secrets against readers of a copy of the database, under keys derived from `SECRET_KEY` (T53)."""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def seal(text: str, *, purpose: bytes) -> str:
    """The text, encrypted under a key that is made from `SECRET_KEY` for this purpose."""
    return cipher(purpose).encrypt(text.encode()).decode("ascii")


def unseal(sealed: str, *, purpose: bytes) -> str:
    """The text again; it may have been sealed under one of `SECRET_KEY_FALLBACKS`.

    Raises `cryptography.fernet.InvalidToken` where none of them is the key.
    """
    return cipher(purpose).decrypt(sealed.encode("ascii")).decode()


def cipher(purpose: bytes) -> MultiFernet:
    """The cipher that seals under the first key, and opens texts sealed under any of them."""
    return MultiFernet([cipher_of(key, purpose) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


@lru_cache(maxsize=16)
def cipher_of(secret_key: str, purpose: bytes) -> Fernet:
    """The cipher with the key derived from a secret key for this purpose alone (RFC 5869)."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
