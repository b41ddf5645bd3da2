"""Tokens that commands choose among."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.utils import timezone

from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.models import Door
from reference_tokens.validation.validate import validate


class Issued(NamedTuple):
    """Four live tokens of three holders and two applications, the first of which is an old one."""

    old: IssuedToken
    new: IssuedToken
    of_bob: IssuedToken
    sat: IssuedToken

    def live(self) -> str:
        """The names of those that are good."""
        now = timezone.now()
        return " ".join(name for name, issued in zip(self._fields, self, strict=True) if is_good(issued, now))


def is_good(issued: IssuedToken, now: datetime) -> bool:
    return validate(issued.plaintext, now=now, door=Door.TOKEN_ITSELF).is_active
