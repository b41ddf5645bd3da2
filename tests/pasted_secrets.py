"""Secrets of a right form, as people paste them where they do not belong."""

from __future__ import annotations

from accounts.models import User
from reference_tokens.token_values import token_format
from tests.second_factors import PASSKEY, factor, passkey_of

SECRET = "enrs_q0E-5tXw_r7Zs2yUjK1lPnBvCxMaDfGhTeWiOuYqRz9"
BODY = token_format.PREFIX + "1D41AC7B" * 7
TOKEN = BODY + token_format.checksum(BODY)


def passkey_made(person: User) -> int:
    """The id of a passkey of this person."""
    passkey_of(person)
    return int(factor(person, PASSKEY).pk)
