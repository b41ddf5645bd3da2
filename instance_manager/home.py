"""The start page of the Instance Manager."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.models import Invitation, User
from accounts.sign_in.decorators import administrator_required
from instance_manager.pages import MANAGE
from reference_tokens.lists.capped_count import CappedCount, capped, counts_of_sets
from reference_tokens.lists.finding.states import ListState, tokens_in_state
from reference_tokens.maintenance.housekeeping import last_done_at
from reference_tokens.models import ReferenceToken, ResourceServer
from reference_tokens.models.live_numbers import live_parts
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    from datetime import datetime


HOUSEKEEPING_OVERDUE = timedelta(hours=3)


@require_safe
@administrator_required
def home(request: SignedInRequest) -> HttpResponse:
    """The numbers of applications, tokens, users and Resource Servers, each with a link to its list."""
    now, housekept_at = timezone.now(), last_done_at()
    context = {
        "tiles": tiles(now),
        "housekept_at": housekept_at,
        "banner": housekeeping_banner(housekept_at, now),
    }
    return MANAGE.page(request, "instance_manager/home.html", context)


def housekeeping_banner(done_at: datetime | None, now: datetime) -> dict[str, str] | None:
    """A warning if housekeeping, which the server processes do every hour, is overdue."""
    if done_at is None or done_at > now - HOUSEKEEPING_OVERDUE:
        return None
    return {
        "text": _("Housekeeping is overdue, so mails about tokens that expire soon are not sent. The log says why.")
    }


def tiles(now: datetime) -> list[dict[str, Any]]:
    """What there is, each with a link to its list; one query counts it all."""
    applications, tokens = TrustedApplication.objects.all(), ReferenceToken.objects.all()
    people = User.objects.filter(kind=User.Kind.PERSON, deleted_at=None)
    *numbers, never_expiring, expiring_later = counts_of_sets(
        applications,
        applications.filter(is_enabled=False),
        people,
        people.filter(is_active=False),
        people.filter(is_active=True, invitation__invited_at__lte=now - Invitation.LIFETIME),
        ResourceServer.objects.all(),
        tokens_in_state(tokens, ListState.EXPIRES_SOON, now),
        *live_parts(tokens, now),
    )
    registered, disabled, persons, inactive, expired, servers, expiring = map(capped, numbers)
    return [
        applications_tile(registered, disabled),
        tokens_tile(capped(never_expiring + expiring_later), expiring),
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
        "icon": "apps",
    }


def tokens_tile(live: CappedCount, expiring: CappedCount) -> dict[str, Any]:
    """The number of live tokens, and of those that expire soon."""
    return {
        "label": _("Live tokens"),
        "value": live.label,
        "text": _("%(tokens)s expiring within 7 days") % {"tokens": expiring.label},
        "url": reverse("manage:inventory"),
        "icon": "key",
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
        "icon": "users",
    }


def servers_tile(count: CappedCount) -> dict[str, Any]:
    """The number of Resource Servers."""
    return {
        "label": _("APIs that check tokens"),
        "value": with_number(ngettext("%(count)s Resource Server", "%(count)s Resource Servers", count.plural), count),
        "text": _("Applications and secrets"),
        "url": reverse("manage:resource_server_list"),
        "icon": "server",
    }


def with_number(text: str, count: CappedCount) -> str:
    """The text with its number."""
    return text % {"count": count}
