"""The tokens about which a notice is due: they expire soon, or nobody uses them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q

from reference_tokens.models import ReferenceToken

Kind = ReferenceToken.Kind

# Days before an expiry at which the owner is mailed (TOK-15), and after the last of them none.
EXPIRY_STEPS = (30, 7, 1)
UNUSED_WARNING = timedelta(days=14)


def usable(now: datetime) -> Q:
    """The condition of the newest token of each chain, where it is live.

    A disabled application or holder calls for no notice.
    """
    by_a_person = Q(kind=Kind.PAT, holder__is_active=True)
    by_software = Q(kind=Kind.SAT, application__system_user__is_active=True)
    is_live = Q(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None, suspended_at=None)
    return is_live & (by_a_person | by_software) & Q(application__is_enabled=True, replaced_by=None)


def in_step(step: int, now: datetime, *, expiry: str = "expires_at") -> Q:
    """The condition that a token expires within so many days, and not within those of the next step.

    One that was issued inside the step is not meant: its issuer knows. An index holds all that is asked for; most were
    issued so long ago that nothing is to be computed, which on SQLite a function of Python does.
    """
    next_step = timedelta(days=max((days for days in EXPIRY_STEPS if days < step), default=0))
    length = timedelta(days=step)
    issued_before = Q(issued_at__lte=now + next_step - length) | Q((f"{expiry}__gt", F("issued_at") + length))
    return issued_before & Q((f"{expiry}__gt", now + next_step), (f"{expiry}__lte", now + length))


def unused_period() -> timedelta:
    """How long a token may stay unused (TOK-14); zero means for ever."""
    return timedelta(days=settings.UNUSED_SUSPEND_DAYS)


def unused_warning() -> timedelta:
    """The least time between the warning about an unused token and its suspension."""
    return min(UNUSED_WARNING, unused_period() / 2)


def untouched_since(instant: datetime | F) -> Q:
    """The condition that a token was neither issued, used nor resumed after an instant, or the instant of a column."""
    touched = [Q(**{column: None}) | Q(**{f"{column}__lte": instant}) for column in ("use__last_used_at", "resumed_at")]
    return Q(touched[0], touched[1], issued_at__lte=instant)


def is_unwarned(now: datetime) -> Q:
    """The condition of the unused tokens whose owners are to be warned now, once in each period without a use."""
    warned_at = F("unused_warned_at")
    touched = Q(issued_at__gt=warned_at) | Q(use__last_used_at__gt=warned_at) | Q(resumed_at__gt=warned_at)
    latest = now - (unused_period() - unused_warning())
    return untouched_since(latest) & (Q(unused_warned_at=None) | touched)


def is_unused_since_its_warning() -> Q:
    """The condition of the tokens whose owners were warned of the suspension, and which were not used since."""
    return untouched_since(F("unused_warned_at"))


def is_unused_for_too_long(now: datetime) -> Q:
    """The condition of the tokens to be suspended now: the period is over, and so is the time after the warning."""
    return (
        is_unused_since_its_warning()
        & untouched_since(now - unused_period())
        & Q(unused_warned_at__lte=now - unused_warning())
    )


def suspension_due_at(token: ReferenceToken) -> datetime:
    """When a token will be suspended if nobody uses it; its owner was warned."""
    counted_from = max(filter(None, (token.issued_at, token.last_used_at, token.resumed_at)))
    return max(counted_from + unused_period(), (token.unused_warned_at or counted_from) + unused_warning())
