"""Sealing secrets against readers of a copy of the database (T53), and signing against its writers (AUD-2).

The keys are derived from `SECRET_KEY`, which stands outside the database.
"""

from __future__ import annotations

import base64
import hmac
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
    """The cipher with the key made from a secret key for this purpose."""
    return Fernet(base64.urlsafe_b64encode(key_for(secret_key, purpose)))


@lru_cache(maxsize=16)
def key_for(secret_key: str, purpose: bytes) -> bytes:
    """The key derived from a secret key for this purpose alone (RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret_key.encode())


def signed(text: str, *, purpose: bytes) -> bytes:
    """The signature of a text under a key that is made from `SECRET_KEY` for this purpose."""
    return hmac.digest(key_for(settings.SECRET_KEY, purpose), text.encode(), "sha256")


def is_signed(text: str, signature: bytes, *, purpose: bytes) -> bool:
    """Whether the text was signed so, under `SECRET_KEY` or one of `SECRET_KEY_FALLBACKS`."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    made = [hmac.digest(key_for(key, purpose), text.encode(), "sha256") for key in keys]
    return any(hmac.compare_digest(signature, one) for one in made)
