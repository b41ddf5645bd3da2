"""Fingerprints: an act on many does exactly what its question showed, or nothing (MANY-1)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from accounts.text.numbers import grouped_number

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_COUNT = 10


class SetChanged(Exception):
    """The set is another than the one that was shown; nothing was changed."""


def fingerprint(ids: Iterable[object]) -> str:
    """How many ids there are, and a digest of them. A question carries it to its answer."""
    ordered = sorted(map(str, ids))
    return fingerprint_of_lines(len(ordered), ordered)


def fingerprint_of_lines(count: int, lines: Iterable[str]) -> str:
    """The fingerprint of a set of this count, which these lines describe in place of its ids."""
    return f"{count}-{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()}"


def require_same_set(now: Iterable[object], shown: str | None) -> None:
    """Raise `SetChanged` unless these ids have this fingerprint; None: no question was shown, and any set will do."""
    if shown is not None:
        require_same_fingerprint(fingerprint(now), shown)


def require_same_fingerprint(now: str, shown: str | None) -> None:
    """Raise `SetChanged` unless both are the same; None: no question was shown, and any set will do."""
    if shown is not None and now != shown:
        raise SetChanged


def change_in_count(shown: str, now: str) -> str:
    """A sentence with both counts, to follow the one that says that the set changed; empty for equal counts."""
    before, after = count_in(shown), count_in(now)
    if before is None or after is None or before == after:
        return ""
    told = {"before": grouped_number(before), "after": grouped_number(after)}
    return " " + _("There were %(before)s, and now there are %(after)s.") % told


def count_in(fingerprint: str) -> int | None:
    """The count that a fingerprint holds; None for a text that is no fingerprint."""
    count = fingerprint.partition("-")[0]
    return int(count) if count.isascii() and count.isdigit() and len(count) <= LONGEST_COUNT else None
