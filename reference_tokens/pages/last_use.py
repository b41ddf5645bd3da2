"""What questions say of the use of a token: when it was last used, from where, and how often since it was rotated."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from accounts.templatetags.interface import day, relative
from accounts.text.numbers import grouped_number
from reference_tokens.lists.rows import used_from
from reference_tokens.usage.history import daily_counts

if TYPE_CHECKING:
    from reference_tokens.models import ReferenceToken


def last_use_text(token: ReferenceToken) -> str:
    """When and from where the token was last used."""
    if token.last_used_at is None:
        return never_used_text(token)
    said = {"when": relative(token.last_used_at), "source": used_from(token)}
    if said["source"]:
        return _("It was last used %(when)s from %(source)s.") % said
    return _("It was last used %(when)s.") % said


def last_use_warning(token: ReferenceToken) -> str:
    """When and from where the token was last used, and what will come of it where the token is not good any more."""
    if token.last_used_at is None:
        return never_used_text(token)
    said = {"when": relative(token.last_used_at), "source": used_from(token)}
    if said["source"]:
        return _("It was used %(when)s from %(source)s; what uses it will fail at once.") % said
    return _("It was used %(when)s; what uses it will fail at once.") % said


def never_used_text(token: ReferenceToken) -> str:
    """Since when the token has not been used."""
    return _("It has not been used since it was issued on %(date)s.") % {"date": day(token.issued_at)}


def daily_use_since(token: ReferenceToken, since: datetime, now: datetime) -> list[dict[str, Any]]:
    """How often the token was accepted and refused on each day (UTC) from the day of an instant on, newest first."""
    days = (now.astimezone(UTC).date() - since.astimezone(UTC).date()).days + 1
    counts = daily_counts([token], now, days).get(token.pk, [])
    return [
        {"day": count.day, "accepted": grouped_number(count.accepted), "refused": grouped_number(count.refused)}
        for count in reversed(counts)
    ]
