"""Making a person an administrator, and taking that from one (PEO-2)."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.audit.record import Source
from accounts.http import SignedInRequest, actor_of
from accounts.models import User
from accounts.people.administrators import LastAdministrator, make_administrator, remove_administrator_rights
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import user_url
from instance_manager.questions import done, question
from instance_manager.users.directory import person_or_404


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@vary_on_headers("HX-Request")
def administrator_make(request: SignedInRequest, user_id: uuid.UUID) -> HttpResponse:
    """Ask whether to make a person an administrator, or do it."""
    user = person_or_404(user_id)
    if request.method != "POST":
        return question(
            request,
            heading=_("Make %(name)s an administrator?") % {"name": user.name_beside_others},
            lines=[
                _("An administrator sees and changes every application, token and user of this instance."),
                _("Their sessions end: they have the new rights after they sign in again."),
            ],
            submit_label=_("Make administrator"),
            keep_label=_("Leave as it is"),
            cancel_url=user_url(user.pk),
        )
    if make_administrator(actor=actor_of(request, Source.MANAGE), user_id=user.pk, now=timezone.now()):
        return done(
            request, user_url(user.pk), _("%(name)s is an administrator now.") % {"name": user.name_beside_others}
        )
    return done(request, user_url(user.pk), _("%(name)s stays as it was.") % {"name": user.name_beside_others})


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@vary_on_headers("HX-Request")
def administrator_unmake(request: SignedInRequest, user_id: uuid.UUID) -> HttpResponse:
    """Ask whether to take the rights of an administrator from somebody, or do it."""
    user = person_or_404(user_id)
    if request.method != "POST":
        return unmake_question(request, user)
    try:
        remove_administrator_rights(actor=actor_of(request, Source.MANAGE), user_id=user.pk, now=timezone.now())
    except LastAdministrator as refused:
        return unmake_question(request, user, error=str(refused), status=422)
    text = _("%(name)s is no administrator any more.") % {"name": user.name_beside_others}
    return done(request, reverse("manage:user_list") if user == request.user else user_url(user.pk), text, ended=user)


def unmake_question(request: SignedInRequest, user: User, *, error: str = "", status: int = 200) -> HttpResponse:
    """Ask before the rights are taken away."""
    is_self = user == request.user
    lines = [
        _("You lose the Instance Manager, and are signed out here and everywhere else.")
        if is_self
        else _("They lose the Instance Manager, and their sessions end."),
        _("Tokens keep working; those that only an administrator may have are marked Outside policy."),
    ]
    return question(
        request,
        heading=_("Take the rights of an administrator from yourself?")
        if is_self
        else _("Take the rights of an administrator from %(name)s?") % {"name": user.name_beside_others},
        lines=lines,
        error=error,
        submit_label=_("Take the rights"),
        keep_label=_("Keep administrator"),
        is_dangerous=True,
        cancel_url=user_url(user.pk),
        status=status,
    )
