"""The tokens that expire soon, or have expired, as webhooks are told of them: by the clock, since no act does that.

A webhook remembers for each number of days before an expiry how far it was told. A token that was shortened past that
is told of at the next number.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q

from reference_tokens.models import EventType, ReferenceToken, Webhook
from reference_tokens.notices.due import EXPIRY_STEPS, usable
from reference_tokens.webhooks.events import Happening

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_tokens.models import ReferenceTokenQuerySet

# Days before an expiry; 0 is the expiry itself.
STEPS = (0, *EXPIRY_STEPS)
EVERY = timedelta(seconds=30)
TOKENS_AT_ONCE = 500


def told_until(now: datetime) -> dict[str, list[str]]:
    """What a webhook that begins now remembers: for each step an expiry, and no token among those of that instant."""
    return {str(days): [(now + timedelta(days=days)).isoformat(), ""] for days in STEPS}


def remembered(webhook: Webhook, days: int) -> tuple[datetime, UUID | None]:
    """Up to which expiry it was told; and the last token of that instant, where more of them are to follow."""
    through, last = webhook.expiries[str(days)]
    return datetime.fromisoformat(through), UUID(last) if last else None


def are_due(webhook: Webhook, now: datetime) -> bool:
    """Whether it is time to look for more, or more is known to follow."""
    known = [(timedelta(days=days), *remembered(webhook, days)) for days in STEPS]
    return any(last or now + step - through >= EVERY for step, through, last in known)


def expiries(webhook: Webhook, now: datetime) -> list[Happening]:
    """A portion of what is to be told at each step; the webhook remembers how far that is."""
    return [happening for days in STEPS for happening in at_step(webhook, days, now)]


def at_step(webhook: Webhook, days: int, now: datetime) -> list[Happening]:
    """A portion of what is to be told so many days before an expiry."""
    event_type = EventType.TOKEN_EXPIRING if days else EventType.TOKEN_EXPIRED
    through, _last = remembered(webhook, days)
    # Another machine's clock may have been ahead.
    until = max(now + timedelta(days=days), through)
    reached = list(not_told(webhook, days, until)) if event_type in webhook.types else []
    is_all = len(reached) < TOKENS_AT_ONCE
    webhook.expiries[str(days)] = [until.isoformat(), ""] if is_all else place_of(reached[-1])
    if not days:
        return [Happening(event_type, end_of(token), token.pk) for token in reached]
    step = timedelta(days=days)
    usable_ids = set(usable_among([token.pk for token in reached], now))
    return [
        Happening(event_type, end_of(token) - step, token.pk, more={"expires_in_days": days})
        for token in reached
        # Its issuer knows of a token that was issued for so few days.
        if token.pk in usable_ids and token.issued_at < end_of(token) - step
    ]


def not_told(webhook: Webhook, days: int, until: datetime) -> ReferenceTokenQuerySet:
    """A portion of the tokens that follow what the webhook was told at this step, by their expiry."""
    through, last = remembered(webhook, days)
    follows = Q(expires_at__gt=through) | Q(pk__gt=last) if last else Q(expires_at__gt=through)
    tokens = ReferenceToken.objects.filter(follows, revoked_at=None, expires_at__gte=through, expires_at__lte=until)
    if webhook.application_id:
        tokens = tokens.filter(application=webhook.application_id)
    return tokens.only("expires_at", "issued_at").order_by("expires_at", "pk")[:TOKENS_AT_ONCE]


def usable_among(ids: list[UUID], now: datetime) -> Iterable[UUID]:
    """Those of these tokens that work, and whose place no newer value has taken."""
    return ReferenceToken.objects.filter(usable(now), pk__in=ids).values_list("pk", flat=True)


def place_of(token: ReferenceToken) -> list[str]:
    """The place of a token in the order of expiries."""
    return [end_of(token).isoformat(), str(token.pk)]


def end_of(token: ReferenceToken) -> datetime:
    """When it expires."""
    assert token.expires_at  # noqa: S101 - for the type checker: it was found by its expiry
    return token.expires_at
