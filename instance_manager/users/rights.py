"""Making a person an administrator, and removing that right (PEO-2)."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.http import SignedInRequest, actor_of
from accounts.models import User
from accounts.people.administrators import LastAdministrator, make_administrator, remove_administrator_rights
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import user_url
from instance_manager.pages import MANAGE
from instance_manager.users.directory import person_or_404
from instance_manager.users.own_session import tell_sessions_ended


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def administrator_make(request: SignedInRequest, user_id: uuid.UUID) -> HttpResponse:
    """Ask whether to make a person an administrator, or do it."""
    user = person_or_404(user_id)
    if request.method != "POST":
        return ask_to_make_administrator(request, user)
    made = make_administrator(actor=actor_of(request, Source.MANAGE), user_id=user.pk, now=timezone.now())
    text = _("%(name)s is now an administrator.") if made else _("%(name)s was not changed.")
    return MANAGE.tell(request, text % {"name": user.name_beside_others}, url=user_url(user.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def administrator_unmake(request: SignedInRequest, user_id: uuid.UUID) -> HttpResponse:
    """Ask whether to remove administrator rights from a person, or do it."""
    user = person_or_404(user_id)
    if request.method != "POST":
        return ask_to_unmake_administrator(request, user)
    try:
        remove_administrator_rights(actor=actor_of(request, Source.MANAGE), user_id=user.pk, now=timezone.now())
    except LastAdministrator as refused:
        return ask_to_unmake_administrator(request, user, error=str(refused), status=422)
    url = reverse("manage:user_list") if user == request.user else user_url(user.pk)
    text = _("%(name)s is no longer an administrator.") % {"name": user.name_beside_others}
    return tell_sessions_ended(request, text, user=user, url=url)


def ask_to_make_administrator(request: SignedInRequest, user: User) -> HttpResponse:
    """Ask before the rights are given."""
    return MANAGE.ask(
        request,
        heading=_("Make %(name)s an administrator?") % {"name": user.name_beside_others},
        lines=[
            _("An administrator sees and changes every application, token and user of this instance."),
            _("Their sessions end. They have the new rights after they sign in again."),
        ],
        submit_label=_("Make administrator"),
        keep_label=_("Cancel"),
        cancel_url=user_url(user.pk),
    )


def ask_to_unmake_administrator(
    request: SignedInRequest, user: User, *, error: str = "", status: int = 200
) -> HttpResponse:
    """Ask before the rights are removed."""
    if user == request.user:
        heading = _("Remove your administrator rights?")
        sessions = _("You lose access to the Instance Manager, and all your sessions end.")
    else:
        heading = _("Remove administrator rights from %(name)s?") % {"name": user.name_beside_others}
        sessions = _("They lose access to the Instance Manager, and their sessions end.")
    tokens = _("Tokens keep working. Tokens that only an administrator may have are marked Outside policy.")
    return MANAGE.ask(
        request,
        heading=heading,
        lines=[sessions, tokens],
        error=error,
        submit_label=_("Remove rights"),
        keep_label=_("Keep administrator"),
        is_dangerous=True,
        cancel_url=user_url(user.pk),
        status=status,
    )
