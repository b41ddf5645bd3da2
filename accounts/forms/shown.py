"""What somebody was asked about before an act on many: it is done to exactly that, or not at all (MANY-1)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_COUNT = 10


class SetChanged(Exception):
    """These are others than those that were shown; nothing was changed."""


def fingerprint(ids: Iterable[object]) -> str:
    """What stands for exactly these: how many, and a digest of which. A question carries it to its answer."""
    ordered = sorted(map(str, ids))
    return stamp(len(ordered), ordered)


def stamp(count: int, lines: Iterable[str]) -> str:
    """A fingerprint of so many that are not told one by one, but by these lines."""
    return f"{count}-{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()}"


def require_as_shown(now: Iterable[object], shown: str | None) -> None:
    """Raise `SetChanged` unless these are what the fingerprint stands for; None: nothing was shown, and any will do."""
    if shown is not None:
        require_same(fingerprint(now), shown)


def require_same(now: str, shown: str | None) -> None:
    """Raise `SetChanged` unless both fingerprints stand for the same; None: nothing was shown, and any will do."""
    if shown is not None and now != shown:
        raise SetChanged


def difference(shown: str, now: str) -> str:
    """How many there were and are, after a sentence that says that they are others; empty for as many as before."""
    before, after = count_in(shown), count_in(now)
    if before is None or after is None or before == after:
        return ""
    told = {"before": number_format(before, force_grouping=True), "after": number_format(after, force_grouping=True)}
    return " " + _("There were %(before)s, and now there are %(after)s.") % told


def count_in(shown: str) -> int | None:
    """How many a fingerprint stands for; None for a text that is none."""
    count = shown.partition("-")[0]
    return int(count) if count.isascii() and count.isdigit() and len(count) <= LONGEST_COUNT else None
