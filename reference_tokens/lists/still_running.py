"""What a person who leaves still runs: their live PATs that were used lately, and the SATs that can do the same."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db.models import F

from accounts.database.unindexed import Unindexed
from reference_tokens.lists.capped_count import CappedCount, capped
from reference_tokens.models import ReferenceToken
from reference_tokens.models.live_numbers import live_parts
from reference_tokens.usage.history import SPARKLINE_DAYS, utc_day

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Sequence

    from accounts.models import User
    from reference_tokens.models import ReferenceTokenQuerySet

MOST_SHOWN = 50
# Of the live SATs of the applications in a list so many are looked at, the newest: what was issued just now is there.
MOST_SATS = 1_000


def still_running(user: User, now: datetime) -> ReferenceTokenQuerySet:
    """The live PATs of a person that were used within the 30 days that the counts of uses cover, last used first."""
    since = datetime.combine(utc_day(now) - timedelta(days=SPARKLINE_DAYS - 1), time(), UTC)
    live = ReferenceToken.objects.held_by(user).in_state(ReferenceToken.State.LIVE, now)
    return live.filter(first_used_at__isnull=False, use__last_used_at__gte=since).order_by("-use__last_used_at", "pk")


def number_running(user: User, now: datetime) -> CappedCount:
    """How many these are, counted to 50. No token runs anything for a System User by itself."""
    if not user.is_person:
        return CappedCount(0, is_capped=False)
    return capped(still_running(user, now).order_by()[: MOST_SHOWN + 1].count(), MOST_SHOWN)


def sats_beside(tokens: Collection[ReferenceToken], now: datetime) -> dict[uuid.UUID, ReferenceToken]:
    """For each of the PATs the newest live SAT of its application that has every scope which still binds."""
    applications = {token.application_id for token in tokens}
    sats = ReferenceToken.objects.filter(holder=None, application__in=applications, suspended_at=None)
    newest = Unindexed(F("issued_at")).desc()
    found = [
        sat
        for part in live_parts(sats.select_related("application", "use"), now)
        for sat in part.order_by(newest, "-pk")[:MOST_SATS]
    ]
    found.sort(key=lambda sat: sat.issued_at, reverse=True)
    beside = {token.pk: sat_beside(token, found) for token in tokens}
    return {pk: sat for pk, sat in beside.items() if sat}


def sat_beside(token: ReferenceToken, sats: Sequence[ReferenceToken]) -> ReferenceToken | None:
    """The first SAT of the token's application that may do what the token may; none for a token that may do nothing."""
    needed = set(token.scopes) & set(token.application.scopes)
    can_do_it = (
        sat for sat in sats if sat.application_id == token.application_id and needed and needed <= set(sat.scopes)
    )
    return next(can_do_it, None)
