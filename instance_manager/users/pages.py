"""A user's page: who they are, what acts as them, where they are signed in, and what they did."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.audit.queries import last_events_of_user
from accounts.audit.record import Source
from accounts.audit.words import event_rows
from accounts.forms.carried_over import typed_into
from accounts.forms.choosing import status_of
from accounts.forms.editing import conflict, opened_with, opening
from accounts.forms.versions import ChangedMeanwhile
from accounts.http import SignedInRequest, actor_of
from accounts.mailed_links.invitations import invite_person, may_be_invited, renew_invitation
from accounts.models import User
from accounts.people.administrators import is_last_administrator
from accounts.people.changes import change_user, described
from accounts.people.creation import create_user
from accounts.sessions.devices import devices_of
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from accounts.text.some_names import MOST_NAMED, some_of
from instance_manager.applications.pages import LIST_URL as APPLICATIONS_URL
from instance_manager.first_few import first_few
from instance_manager.form_parts import result_of
from instance_manager.pages import page
from instance_manager.questions import done, question
from instance_manager.tokens.lists import USERS_URL, user_section
from instance_manager.users.directory import everybody, second_factors
from instance_manager.users.forms import InvitationForm, UserForm
from instance_manager.users.groups import LIST_URL as GROUPS_URL
from instance_manager.users.listing import user_badges, user_url
from reference_tokens.lists.search import without_token_in_search

if TYPE_CHECKING:
    from datetime import datetime

MOST_EVENTS = 10


@require_safe
@administrator_required
@without_token_in_search
def user_detail(request: SignedInRequest, user_id: uuid.UUID) -> HttpResponse:
    """One user; of a deleted one what is left."""
    user, now = get_object_or_404(everybody(with_deleted=True), pk=user_id), timezone.now()
    invitation = getattr(user, "invitation", None)
    context = {
        "shown": user,
        "url": user_url(user.pk),
        "badges": user_badges(user, now),
        "facts": facts(user),
        "invitation": invitation,
        "invitation_is_expired": bool(invitation and invitation.is_expired(now)),
        "may_be_invited": may_be_invited(user),
        "invite_label": _("Send the invitation again") if invitation else _("Send an invitation"),
        "last_administrator": is_last_administrator(user),
        "events": event_rows(last_events_of_user(user, MOST_EVENTS)),
        "back_url": USERS_URL,
        "back_label": _("Users"),
        **user_section(user, request.GET, now),
        **device_context(user, request, now),
    }
    return page(request, "instance_manager/user_detail.html", context)


def facts(user: User) -> dict[str, Any]:
    """What is known of a user beyond their columns."""
    used_by, owned = user.applications, user.owned_applications
    return {
        "groups": first_few(user.groups.order_by("name"), f"{GROUPS_URL}?member={user.pk}"),
        "applications": first_few(used_by.order_by("name", "pk"), f"{APPLICATIONS_URL}?system_user={user.pk}"),
        "owned": first_few(owned.order_by("name", "pk"), f"{APPLICATIONS_URL}?owner={user.pk}"),
        "second_factors": second_factors(user),
    }


def device_context(user: User, request: SignedInRequest, now: datetime) -> dict[str, Any]:
    """The section with the user's sessions."""
    devices = devices_of(user, current_key=request.session.session_key, now=now)
    count, url = len(devices), f"{user_url(user.pk)}devices/"
    return {
        "devices": devices,
        "devices_url": url,
        "last_seen_at": max((device.last_seen_at for device in devices), default=None),
        "device_count_label": ngettext("%(count)d session", "%(count)d sessions", count) % {"count": count},
        "end_devices_url": f"{url}end-all/" if devices else "",
        "end_devices_label": _("End all sessions"),
        "sign_out_url": "/accounts/logout/",
    }


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def user_edit(request: SignedInRequest, user_id: uuid.UUID) -> HttpResponse:
    """Change a person's name, address and groups, or a System User's names and groups."""
    user = user_or_404(user_id)
    known: dict[str, Any] = {
        "heading": _("Edit user"),
        "back_label": user.name_beside_others,
        "back_url": user_url(user.pk),
    }
    if request.method != "POST":
        # The version first: what changes between the two is told then, and not undone.
        known |= opening(request, described(user))
        return form_page(request, UserForm(instance=user, initial=typed_into(request, UserForm)), **known)
    form, actor = UserForm(request.POST, instance=user), actor_of(request, Source.MANAGE)
    change = partial(change_user, actor=actor, user_id=user_id, now=timezone.now(), opened=opened_with(request))
    try:
        if result_of(form, change) is None:
            return form_page(request, form, status=422, **known)
    except ChangedMeanwhile as changed:
        words = {"groups": names_of_groups(changed.state["groups"])}
        return form_page(request, form, status=409, **conflict(changed, form, words=words), **known)
    return done(
        request, user_url(user_id), _("The changes to %(name)s were saved.") % {"name": user.name_beside_others}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def user_invite(request: SignedInRequest) -> HttpResponse:
    """Invite a person by mail."""
    known: dict[str, Any] = {
        "heading": _("Invite User"),
        "lead": _("They choose their own password, by a link that is mailed to them."),
        "submit_label": _("Send the invitation"),
    }
    if request.method != "POST":
        return form_page(request, InvitationForm(initial=typed_into(request, InvitationForm)), **known)
    form = InvitationForm(request.POST)
    user = result_of(form, partial(invite_person, actor=actor_of(request, Source.MANAGE), now=timezone.now()))
    if user is None:
        return form_page(request, form, status=422, **known)
    return done(request, user_url(user.pk), invited_text(user))


def invited_text(user: User) -> str:
    """What is said after an invitation."""
    return _("%(name)s was invited: the link goes to %(email)s.") % {
        "name": user.name_beside_others,
        "email": user.email,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@vary_on_headers("HX-Request")
def user_invite_again(request: SignedInRequest, user_id: uuid.UUID) -> HttpResponse:
    """Ask whether to mail somebody who cannot sign in yet another link, or do it."""
    user = user_or_404(user_id)
    not_needed = _("No invitation was sent: %(name)s can sign in already, or no mail can reach them.")
    if request.method != "POST" and may_be_invited(user):
        return question(
            request,
            heading=_("Send %(name)s an invitation?") % {"name": user.name_beside_others},
            lines=[
                _("A new link goes to %(email)s. It works once, for 7 days.") % {"email": user.email},
                _("A link that was sent before works no more."),
            ],
            submit_label=_("Send the invitation"),
            keep_label=_("Send nothing"),
            cancel_url=user_url(user.pk),
        )
    if request.method == "POST" and renew_invitation(
        actor=actor_of(request, Source.MANAGE), user=user, now=timezone.now()
    ):
        return done(request, user_url(user.pk), invited_text(user))
    return done(request, user_url(user.pk), not_needed % {"name": user.name_beside_others})


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def system_user_create(request: SignedInRequest) -> HttpResponse:
    """Create an identity for software."""
    known: dict[str, Any] = {
        "heading": _("New System User"),
        "lead": _("An identity for software: service access tokens act as it. It can never sign in."),
        "submit_label": _("Create System User"),
    }
    user = User(kind=User.Kind.SYSTEM)
    if request.method != "POST":
        return form_page(request, UserForm(instance=user, initial=typed_into(request, UserForm)), **known)
    form = UserForm(request.POST, instance=user)
    create = partial(create_user, actor=actor_of(request, Source.MANAGE), now=timezone.now(), is_system=True)
    created = result_of(form, create)
    if created is None:
        return form_page(request, form, status=422, **known)
    return done(request, user_url(created.pk), _("%(name)s was created.") % {"name": created.name_beside_others})


def form_page(
    request: SignedInRequest, form: UserForm | InvitationForm, *, status: int = 200, **known: Any
) -> HttpResponse:
    """The form of a user; it comes from the list, or from the page of the user."""
    back = {"back_url": USERS_URL, "back_label": _("Users"), "submit_label": _("Save changes")} | known
    context = {"form": form, "submit_url": request.path, "cancel_url": back["back_url"]} | back
    return page(request, "instance_manager/plain_form.html", context, status=status_of(form, status))


def names_of_groups(ids: list[int]) -> str:
    """The groups by name; they are described by their ids."""
    first = Group.objects.filter(pk__in=ids).order_by("name")[:MOST_NAMED]
    return some_of(list(first.values_list("name", flat=True)), len(ids))


def user_or_404(user_id: uuid.UUID) -> User:
    """Anybody but the deleted, to whom nothing can be done any more."""
    return get_object_or_404(User, pk=user_id, deleted_at=None)
