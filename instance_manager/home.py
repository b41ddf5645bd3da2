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
from accounts.text.numbers import grouped_number
from instance_manager.pages import MANAGE
from reference_tokens.lists.capped_count import count_label
from reference_tokens.lists.states import ListState, tokens_in_state
from reference_tokens.maintenance.housekeeping import last_done_at
from reference_tokens.models import ReferenceToken, ResourceServer
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
        "tiles": [applications_tile(), tokens_tile(now), users_tile(now), servers_tile()],
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


def applications_tile() -> dict[str, Any]:
    """The number of applications, and of disabled ones."""
    count = TrustedApplication.objects.count()
    disabled = TrustedApplication.objects.filter(is_enabled=False).count()
    return {
        "label": _("Trusted Apps"),
        "value": with_number(ngettext("%(count)s application", "%(count)s applications", count), count),
        "text": with_number(ngettext("%(count)s is disabled", "%(count)s are disabled", disabled), disabled),
        "url": reverse("manage:application_list"),
        "icon": "apps",
    }


def tokens_tile(now: datetime) -> dict[str, Any]:
    """The number of live tokens, and of those that expire soon."""
    tokens = ReferenceToken.objects.all()
    expiring = count_label(tokens_in_state(tokens, ListState.EXPIRES_SOON, now))
    return {
        "label": _("Live tokens"),
        "value": count_label(tokens_in_state(tokens, ListState.LIVE, now)),
        "text": _("%(tokens)s expiring within 7 days") % {"tokens": expiring},
        "url": reverse("manage:inventory"),
        "icon": "key",
    }


def users_tile(now: datetime) -> dict[str, Any]:
    """The number of people, and of expired invitations; without those, of inactive people."""
    people = User.objects.filter(kind=User.Kind.PERSON, deleted_at=None)
    count, inactive = people.count(), people.filter(is_active=False).count()
    expired = people.filter(is_active=True, invitation__invited_at__lte=now - Invitation.LIFETIME).count()
    text = (
        with_number(ngettext("%(count)s invitation expired", "%(count)s invitations expired", expired), expired)
        if expired
        else with_number(ngettext("%(count)s is inactive", "%(count)s are inactive", inactive), inactive)
    )
    return {
        "label": _("Users"),
        "value": with_number(ngettext("%(count)s person", "%(count)s people", count), count),
        "text": text,
        "url": reverse("manage:user_list", query={"state": "invited"} if expired else None),
        "icon": "users",
    }


def servers_tile() -> dict[str, Any]:
    """The number of Resource Servers."""
    count = ResourceServer.objects.count()
    return {
        "label": _("APIs that check tokens"),
        "value": with_number(ngettext("%(count)s Resource Server", "%(count)s Resource Servers", count), count),
        "text": _("Applications and secrets"),
        "url": reverse("manage:resource_server_list"),
        "icon": "server",
    }


def with_number(text: str, count: int) -> str:
    """The text with its number."""
    return text % {"count": grouped_number(count)}
