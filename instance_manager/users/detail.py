"""The page of a user: their facts, tokens, devices and last events."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.mailed_links.invitations import may_be_invited
from accounts.models import User
from accounts.people.administrators import is_last_administrator
from accounts.people.directory import everybody
from accounts.sessions.devices import devices_of, key_of_session
from accounts.sign_in.decorators import administrator_required
from instance_manager.audit_log.last_events import last_events
from instance_manager.first_few import first_few
from instance_manager.pages import MANAGE
from instance_manager.tokens.all_tokens import all_tokens
from instance_manager.tokens.lists import user_counts, user_section
from instance_manager.users.directory import second_factor_labels
from instance_manager.users.handing_over import hand_over_note
from instance_manager.users.listing import user_badges
from reference_tokens.lists.search import without_token_in_search

if TYPE_CHECKING:
    from datetime import datetime


@require_safe
@administrator_required
@without_token_in_search
def user_detail(request: SignedInRequest, user_id: uuid.UUID) -> HttpResponse:
    """One user, or what remains of a deleted one."""
    user, now = get_object_or_404(everybody(with_deleted=True), pk=user_id), timezone.now()
    invitation = getattr(user, "invitation", None)
    context = {
        "shown": user,
        "badges": user_badges(user, now),
        "facts": user_facts(user),
        "invitation": invitation,
        "invitation_is_expired": bool(invitation and invitation.is_expired(now)),
        "may_be_invited": may_be_invited(user),
        "invite_label": _("Send the invitation again") if invitation else _("Send an invitation"),
        "last_administrator": is_last_administrator(user),
        "hand_over": None if user.deleted_at else hand_over_note(user, now),
        "all_tokens": None if user.deleted_at else all_tokens(owner=user.username),
        "events": last_events("user", str(user.pk), _("Actions by and about this user"), person=str(user.pk)),
        "back_url": reverse("manage:user_list"),
        "back_label": _("Users"),
        **user_section(user, request.GET, now),
        **device_context(user, request, now),
    }
    return MANAGE.page(request, "instance_manager/user_detail.html", context)


@require_safe
@administrator_required
@without_token_in_search
def user_token_counts(request: SignedInRequest, user_id: uuid.UUID) -> HttpResponse:
    """How many of the tokens of a user each choice of the filters of their list finds."""
    user = get_object_or_404(everybody(with_deleted=True), pk=user_id)
    counts = user_counts(user, request.GET, timezone.now())
    return MANAGE.page(request, "partials/filter_counts.html", {"counts": counts})


def user_facts(user: User) -> dict[str, Any]:
    """The facts about a user that are not columns of theirs. No application acts as a person."""
    used_by, owned = user.applications.none() if user.is_person else user.applications, user.owned_applications
    return {
        "groups": first_few(user.groups.order_by("name"), reverse("manage:group_list", query={"member": user.pk})),
        "applications": first_few(
            used_by.order_by("name", "pk"), reverse("manage:application_list", query={"system_user": user.pk})
        ),
        "owned": first_few(owned.order_by("name", "pk"), reverse("manage:application_list", query={"owner": user.pk})),
        "second_factors": second_factor_labels(user) if user.is_person else [],
    }


def device_context(user: User, request: SignedInRequest, now: datetime) -> dict[str, Any]:
    """The section with the user's sessions."""
    devices = devices_of(user, current_key=key_of_session(request), now=now) if user.is_person else []
    count = len(devices)
    return {
        "devices": [(device, reverse("manage:device_end", args=[user.pk, device.id])) for device in devices],
        "last_seen_at": max((device.last_seen_at for device in devices), default=None),
        "device_count_label": ngettext("%(count)d session", "%(count)d sessions", count) % {"count": count},
        "end_devices_url": reverse("manage:device_end_all", args=[user.pk]) if devices else "",
        "end_devices_label": _("End all sessions"),
        "sign_out_url": reverse("account_logout"),
    }
