"""Inviting a person by mail, and once more."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.forms.resumed_form import resumed_values
from accounts.forms.submission import FormRefused, sent, submit
from accounts.http import SignedInRequest, actor_of
from accounts.mailed_links.invitations import invite_person, may_be_invited, renew_invitation
from accounts.models import User
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import user_url
from instance_manager.pages import MANAGE
from instance_manager.users.directory import user_or_404
from instance_manager.users.forms import InvitationForm


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def user_invite(request: SignedInRequest) -> HttpResponse:
    """Invite a person by mail."""
    words: dict[str, Any] = {
        "heading": _("Invite User"),
        "lead": _("They receive a link by mail and choose their own password."),
        "submit_label": _("Send the invitation"),
        "back_url": reverse("manage:user_list"),
        "back_label": _("Users"),
    }
    form = InvitationForm(sent(request), initial=resumed_values(request, InvitationForm))
    if request.method != "POST":
        return MANAGE.form(request, form, **words)
    try:
        invite = partial(invite_person, actor=actor_of(request, Source.MANAGE), now=timezone.now())
        user = submit(form, partial(invite, language=get_language() or ""))
    except FormRefused as refused:
        return MANAGE.form(request, form, status=refused.status, **words)
    return tell_invited(request, user)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def user_invite_again(request: SignedInRequest, user_id: uuid.UUID) -> HttpResponse:
    """Ask whether to mail another link to somebody who cannot sign in yet, or do it."""
    user = user_or_404(user_id)
    if request.method != "POST":
        return ask_to_invite_again(request, user) if may_be_invited(user) else tell_not_invited(request, user)
    if renew_invitation(actor=actor_of(request, Source.MANAGE), user=user, now=timezone.now()):
        return tell_invited(request, user)
    return tell_not_invited(request, user)


def ask_to_invite_again(request: SignedInRequest, user: User) -> HttpResponse:
    """Ask before another link is mailed."""
    return MANAGE.ask(
        request,
        heading=_("Send %(name)s an invitation?") % {"name": user.name_beside_others},
        lines=[
            _("A new link is sent to %(email)s. It works once, for 7 days.") % {"email": user.email},
            _("Previous links no longer work."),
        ],
        submit_label=_("Send the invitation"),
        keep_label=_("Cancel"),
        cancel_url=user_url(user.pk),
    )


def tell_invited(request: SignedInRequest, user: User) -> HttpResponse:
    """Say where the link goes."""
    names = {"name": user.name_beside_others, "email": user.email}
    return MANAGE.tell(
        request, _("%(name)s was invited. The link was sent to %(email)s.") % names, url=user_url(user.pk)
    )


def tell_not_invited(request: SignedInRequest, user: User) -> HttpResponse:
    """Say why no link was mailed."""
    text = _("No invitation was sent: %(name)s can already sign in, or has no e-mail address.")
    return MANAGE.tell(request, text % {"name": user.name_beside_others}, url=user_url(user.pk))
