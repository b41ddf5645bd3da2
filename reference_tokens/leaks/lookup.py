"""Which live tokens have a SHA-256 that begins so: how a scanner finds out what is worth a report (contract 4.7)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.conf import settings

from reference_tokens.leaks.padding import Padding
from reference_tokens.models import LookupDigest, ReferenceToken

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

LIVE = ReferenceToken.State.LIVE


def look_up(prefixes: Collection[str], *, now: datetime) -> dict[str, list[str]]:
    """For each prefix the rests of the live tokens, among made-up ones: one query."""
    rests: dict[tuple[str, bool], list[str]] = defaultdict(list)
    for found in stored(prefixes):
        rests[found.prefix, found.token.state(now) == LIVE].append(found.rest)
    padding = Padding(int(now.timestamp()))
    return {prefix: padding.rests(prefix, rests[prefix, True], rests[prefix, False]) for prefix in prefixes}


def stored(prefixes: Collection[str]) -> list[LookupDigest]:
    """The digests with these prefixes, with what tells whether their tokens are live."""
    columns = [f"token__{name}" for name in ("revoked_at", "expires_at", "suspended_at")]
    found = LookupDigest.objects.filter(prefix__in=prefixes).select_related("token")
    return list(found.only("prefix", "rest", *columns))


def check_lookup() -> str:
    """How many tokens have a second digest; while the setting is off, housekeeping removes them."""
    about = "tokens that have a second digest" if settings.LEAK_LOOKUP else "digests that housekeeping removes"
    return f"{settings.LEAK_LOOKUP}; {about}: {LookupDigest.objects.count()}"
