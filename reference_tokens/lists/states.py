"""The states by which lists show tokens: live and ended are the tabs of a list, the others are finer."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, TextChoices
from django.db.models.lookups import IsNull
from django.utils.translation import gettext_lazy as _lazy

from reference_tokens.lifecycle.rotation import LONGEST_OVERLAP
from reference_tokens.lists.order import Unindexed
from reference_tokens.lists.rows import EXPIRES_SOON
from reference_tokens.models import ReferenceToken

if TYPE_CHECKING:
    from reference_tokens.models import ReferenceTokenQuerySet

State = ReferenceToken.State


class ListState(TextChoices):
    """The states that a list can be narrowed to."""

    LIVE = "live", _lazy("Any")
    EXPIRES_SOON = "expires_soon", _lazy("Expires soon")
    NEVER_USED = "never_used", _lazy("Never used")
    SUSPENDED = "suspended", _lazy("Suspended")
    OUTSIDE_POLICY = "outside_policy", _lazy("Outside policy")
    BEING_REPLACED = "being_replaced", _lazy("Being replaced")
    ENDED = "ended", _lazy("Any")
    EXPIRED = "expired", _lazy("Expired")
    REVOKED = "revoked", _lazy("Revoked")


ENDED_STATES = (ListState.ENDED, ListState.EXPIRED, ListState.REVOKED)
LIVE_STATES = tuple(state for state in ListState if state not in ENDED_STATES)

# Which columns are set in a state, or are not: tokens of other runs of an order need not be looked for.
FACTS: dict[ListState, dict[str, bool]] = {
    ListState.EXPIRES_SOON: {"expires_at": True},
    ListState.NEVER_USED: {"last_used_at": False},
    ListState.BEING_REPLACED: {"expires_at": True},
    ListState.EXPIRED: {"revoked_at": False},
    ListState.REVOKED: {"revoked_at": True},
}


def tokens_in_state(tokens: ReferenceTokenQuerySet, state: ListState, now: datetime) -> ReferenceTokenQuerySet:
    """Those of the tokens that a list of this state shows."""
    live = tokens.not_ended(now)
    # Asked of each: for a join PostgreSQL reads every token that replaces another before the first of a page.
    is_replaced = Exists(ReferenceToken.objects.filter(replaces=OuterRef("pk")))
    # Rotation lets an old value live on for seven days at most.
    ending = live.filter(expires_at__gt=now, expires_at__lte=now + LONGEST_OVERLAP)
    # The owner of a token that is being replaced knows that it ends.
    soon = live.filter(~is_replaced, expires_at__gt=now, expires_at__lte=now + EXPIRES_SOON)
    if state == ListState.OUTSIDE_POLICY:
        return live.outside_policy(now)
    return {
        ListState.LIVE: live,
        ListState.EXPIRES_SOON: soon,
        ListState.NEVER_USED: live.filter(IsNull(Unindexed("last_used_at"), True)),
        ListState.SUSPENDED: tokens.in_state(State.SUSPENDED, now),
        ListState.BEING_REPLACED: ending.filter(is_replaced),
        ListState.ENDED: tokens.ended(now),
        ListState.EXPIRED: tokens.in_state(State.EXPIRED, now),
        ListState.REVOKED: tokens.in_state(State.REVOKED, now),
    }[state]
