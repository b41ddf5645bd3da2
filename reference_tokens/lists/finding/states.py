"""The states by which lists show tokens: live and ended are the tabs of a list, the others are finer."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, TextChoices
from django.db.models.lookups import IsNull
from django.utils.translation import gettext_lazy

from accounts.database.unindexed import Unindexed
from reference_tokens.lifecycle.rotation import LONGEST_OVERLAP
from reference_tokens.lists.rows import EXPIRES_SOON
from reference_tokens.models import ReferenceToken

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_tokens.models import ReferenceTokenQuerySet

State = ReferenceToken.State


class ListState(TextChoices):
    """The states that a list can be narrowed to."""

    LIVE = "live", gettext_lazy("Any")
    EXPIRES_SOON = "expires_soon", gettext_lazy("Expires soon")
    NEVER_USED = "never_used", gettext_lazy("Never used")
    SUSPENDED = "suspended", gettext_lazy("Suspended")
    OUTSIDE_POLICY = "outside_policy", gettext_lazy("Outside policy")
    BEING_REPLACED = "being_replaced", gettext_lazy("Being replaced")
    ENDED = "ended", gettext_lazy("Any")
    EXPIRED = "expired", gettext_lazy("Expired")
    REVOKED = "revoked", gettext_lazy("Revoked")
    EXPOSED = "exposed", gettext_lazy("Exposed")


# What is exposed was revoked at once, if it had not ended before.
ENDED_STATES = (ListState.ENDED, ListState.EXPIRED, ListState.REVOKED, ListState.EXPOSED)
LIVE_STATES = tuple(state for state in ListState if state not in ENDED_STATES)

# Which columns are set in a state, or are not: tokens of other runs of an order need not be looked for.
FACTS: dict[ListState, dict[str, bool]] = {
    ListState.EXPIRES_SOON: {"expires_at": True},
    ListState.NEVER_USED: {"first_used_at": False},
    ListState.BEING_REPLACED: {"expires_at": True},
    ListState.EXPIRED: {"revoked_at": False},
    ListState.REVOKED: {"revoked_at": True},
}


def tokens_in_state(tokens: ReferenceTokenQuerySet, state: ListState, now: datetime) -> ReferenceTokenQuerySet:
    """Those of the tokens that a list of this state shows."""
    live = tokens.not_ended(now)
    # Asked of each: for a join PostgreSQL reads every token that replaces another before the first of a page.
    is_replaced = Exists(ReferenceToken.objects.filter(replaces=OuterRef("pk")))
    found: dict[ListState, Callable[[], ReferenceTokenQuerySet]] = {
        ListState.LIVE: lambda: live,
        # The owner of a token that is being replaced knows that it ends.
        ListState.EXPIRES_SOON: lambda: live.filter(
            ~is_replaced, expires_at__gt=now, expires_at__lte=now + EXPIRES_SOON
        ),
        ListState.NEVER_USED: lambda: live.filter(IsNull(Unindexed("first_used_at"), True)),
        ListState.SUSPENDED: lambda: tokens.in_state(State.SUSPENDED, now),
        ListState.OUTSIDE_POLICY: lambda: live.outside_policy(now),
        # Rotation lets an old value live on for seven days at most.
        ListState.BEING_REPLACED: lambda: live.filter(
            is_replaced, expires_at__gt=now, expires_at__lte=now + LONGEST_OVERLAP
        ),
        ListState.ENDED: lambda: tokens.ended(now),
        ListState.EXPIRED: lambda: tokens.in_state(State.EXPIRED, now),
        ListState.REVOKED: lambda: tokens.in_state(State.REVOKED, now),
        ListState.EXPOSED: lambda: tokens.filter(exposed_at__isnull=False),
    }
    return found[state]()
