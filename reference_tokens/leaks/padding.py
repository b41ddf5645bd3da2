"""Made-up rests among those that `/leaks/lookup` answers, so that nobody can count the live tokens (T76).

A prefix has a number of places, which does not depend on its tokens. A token takes one; made-up rests have the others.
Asked twice, a place answers the same; but after an hour to a year a made-up rest is replaced by another, at an instant
of its own, as if a token had been rotated. The place of a token that has ended gets a new made-up rest: the one of
before would say that a token was there meanwhile.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from django.conf import settings

from reference_tokens.models.lookup_digests import PREFIX_DIGITS

if TYPE_CHECKING:
    from collections.abc import Collection

LEAST_RESTS, SOME_MORE = 16, 8
HOUR, YEAR = 3600, 366 * 24 * 3600


class Padding:
    """What is made up at an instant, in seconds; of the secret key, so that every process makes up the same."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._key = hmac.digest(settings.SECRET_KEY.encode(), b"made-up rests of /leaks/lookup", "sha256")

    def rests(self, prefix: str, live: Collection[str], ended: Collection[str]) -> list[str]:
        """The rests of the live tokens with this prefix among made-up ones, in an order that tells nothing.

        Beyond the number of places there are only those of live tokens.
        """
        places = LEAST_RESTS + self._number(prefix, "places") % (SOME_MORE + 1)
        after = [f"after {rest}" for rest in sorted(ended)]
        free = [str(place) for place in range(len(live) + len(after), places)]
        made_up = [self._rest(prefix, place) for place in (after + free)[: max(0, places - len(live))]]
        return sorted([*live, *made_up])

    def _rest(self, prefix: str, place: str) -> str:
        """The rest that is made up for a place now: each place counts by a clock of its own."""
        number = self._number(prefix, place)
        life = HOUR + number % (YEAR - HOUR)
        turn = (self._seconds + number) // life
        return self._made(prefix, place, str(turn)).hex()[PREFIX_DIGITS:]

    def _number(self, *parts: str) -> int:
        return int.from_bytes(self._made(*parts)[:8])

    def _made(self, *parts: str) -> bytes:
        return hmac.digest(self._key, " ".join(parts).encode(), "sha256")
