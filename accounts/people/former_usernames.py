"""User names of the past: never given to anybody else (PEO-1), although nobody can read them.

Only a digest of a name is kept, by a slow hash. It uses no key of this instance: with a new key every name of the past
would be free again. An attacker can try whether a name was once known here, one guess at a time; nothing leads from
the name to the person.
"""

from __future__ import annotations

import hashlib

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import FormerUsername
from accounts.passwords.hashers import HASHING

# 16 MB and some hundredths of a second for each name.
COST = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}


def retire_username(username: str) -> None:
    """Give this name to nobody again; call it in the transaction that takes it from its user."""
    FormerUsername.objects.get_or_create(digest=username_digest(username))


def refuse_former_username(username: str) -> None:
    """Raise `ValidationError` for a name that somebody had before.

    Call it after the user was stored under the name, in the same transaction: the insert waits for a deletion that is
    giving the name up, and sees its result only then.
    """
    if FormerUsername.objects.filter(digest=username_digest(username)).exists():
        raise ValidationError({"username": _("This user name was used before. User names are never reused.")})


def username_digest(username: str) -> bytes:
    """The digest of a name, the same in any case; raises `Busy`, since it is slow."""
    with HASHING.slot():
        return hashlib.scrypt(username.lower().encode(), salt=b"accounts.FormerUsername", **COST)
