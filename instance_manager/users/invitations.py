"""Inviting a person by mail, and once more."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.audit.record import Source
from accounts.forms.resumed_form import resumed_values
from accounts.http import SignedInRequest, actor_of
from accounts.mailed_links.invitations import invite_person, may_be_invited, renew_invitation
from accounts.models import User
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import user_url
from instance_manager.form_pages import form_page
from instance_manager.form_parts import result_of
from instance_manager.questions import done, question
from instance_manager.users.directory import user_or_404
from instance_manager.users.forms import InvitationForm

if TYPE_CHECKING:
    pass


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def user_invite(request: SignedInRequest) -> HttpResponse:
    """Invite a person by mail."""
    known: dict[str, Any] = {
        "back_url": reverse("manage:user_list"),
        "back_label": _("Users"),
        "heading": _("Invite User"),
        "lead": _("They choose their own password, by a link that is mailed to them."),
        "submit_label": _("Send the invitation"),
    }
    if request.method != "POST":
        return form_page(request, InvitationForm(initial=resumed_values(request, InvitationForm)), **known)
    form = InvitationForm(request.POST)
    user = result_of(form, partial(invite_person, actor=actor_of(request, Source.MANAGE), now=timezone.now()))
    if user is None:
        return form_page(request, form, status=422, **known)
    return done(request, user_url(user.pk), invited_text(user))


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


def invited_text(user: User) -> str:
    """What is said after an invitation."""
    return _("%(name)s was invited: the link goes to %(email)s.") % {
        "name": user.name_beside_others,
        "email": user.email,
    }
