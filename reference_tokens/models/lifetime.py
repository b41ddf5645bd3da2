"""How long a token may live (TOK-5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from trusted_apps.models import TrustedApplication

DEFAULT_DAYS = 30


def maximum_days(application: TrustedApplication) -> int:
    """The longest life of a token of this application, in days: its own, or the instance's."""
    return application.max_lifetime_days or settings.MAX_TOKEN_LIFETIME_DAYS


def expiry_in_days(days: int, now: datetime) -> datetime:
    """The instant that a life of so many days means, to the second."""
    return now.replace(microsecond=0) + timedelta(days=days)


def require_allowed_expiry(application: TrustedApplication, expires_at: datetime | None, now: datetime) -> None:
    """Raise `ValidationError` for an instant that has passed or is too late, or for none where one is required."""
    if expires_at is None:
        if not application.allows_tokens_without_expiry:
            raise ValidationError(
                _("%(application)s does not allow tokens without expiry: choose an expiration time."),
                code="expiry_refused",
                params={"application": application.name},
            )
        return
    if expires_at <= now:
        raise ValidationError(_("The expiration time has passed: choose a later one."), code="expiry_refused")
    days = maximum_days(application)
    if expires_at > now + timedelta(days=days):
        raise ValidationError(
            ngettext(
                "A token of %(application)s lives %(days)s day at most: choose %(latest)s (UTC) or earlier.",
                "A token of %(application)s lives %(days)s days at most: choose %(latest)s (UTC) or earlier.",
                days,
            ),
            code="expiry_refused",
            params={
                "application": application.name,
                "days": days,
                "latest": f"{expiry_in_days(days, now):%Y-%m-%d %H:%M}",
            },
        )
