"""The numbers of Home: what there is, each with a link to its list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Invitation, User
from reference_tokens.lists.capped_count import CappedCount, capped, counts_of_sets
from reference_tokens.models import ReferenceToken, ResourceServer
from reference_tokens.models.live_numbers import live_parts
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    from datetime import datetime


def tiles(now: datetime) -> list[dict[str, Any]]:
    """What there is, each with a link to its list; one query counts it all."""
    applications = TrustedApplication.objects.all()
    people = User.objects.filter(kind=User.Kind.PERSON, deleted_at=None)
    *numbers, never_expiring, expiring_later = counts_of_sets(
        applications,
        applications.filter(is_enabled=False),
        people,
        people.filter(is_active=False),
        people.filter(is_active=True, invitation__invited_at__lte=now - Invitation.LIFETIME),
        ResourceServer.objects.all(),
        *live_parts(ReferenceToken.objects.all(), now),
    )
    registered, disabled, persons, inactive, expired, servers = map(capped, numbers)
    return [
        applications_tile(registered, disabled),
        tokens_tile(capped(never_expiring + expiring_later)),
        users_tile(persons, inactive, expired),
        servers_tile(servers),
    ]


def applications_tile(count: CappedCount, disabled: CappedCount) -> dict[str, Any]:
    """The number of applications, and of disabled ones."""
    return {
        "label": _("Trusted Apps"),
        "value": with_number(ngettext("%(count)s application", "%(count)s applications", count.plural), count),
        "text": with_number(ngettext("%(count)s is disabled", "%(count)s are disabled", disabled.plural), disabled),
        "url": reverse("manage:application_list"),
    }


def tokens_tile(live: CappedCount) -> dict[str, Any]:
    """The number of live tokens."""
    return {
        "label": _("Live tokens"),
        "value": live.label,
        "text": _("Personal and service"),
        "url": reverse("manage:inventory"),
    }


def users_tile(count: CappedCount, inactive: CappedCount, expired: CappedCount) -> dict[str, Any]:
    """The number of people, and of expired invitations; without those, of inactive people."""
    text = (
        with_number(ngettext("%(count)s invitation expired", "%(count)s invitations expired", expired.plural), expired)
        if expired.number
        else with_number(ngettext("%(count)s is inactive", "%(count)s are inactive", inactive.plural), inactive)
    )
    return {
        "label": _("Users"),
        "value": with_number(ngettext("%(count)s person", "%(count)s people", count.plural), count),
        "text": text,
        "url": reverse("manage:user_list", query={"state": "invited"} if expired.number else None),
    }


def servers_tile(count: CappedCount) -> dict[str, Any]:
    """The number of Resource Servers."""
    return {
        "label": _("APIs that check tokens"),
        "value": with_number(ngettext("%(count)s Resource Server", "%(count)s Resource Servers", count.plural), count),
        "text": _("Applications and secrets"),
        "url": reverse("manage:resource_server_list"),
    }


def with_number(text: str, count: CappedCount) -> str:
    """The text with its number."""
    return text % {"count": count}
