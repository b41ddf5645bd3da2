"""Letting in a person who has lost their second factors."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.audit.record import Source
from accounts.http import SignedInRequest, actor_of, moved_to
from accounts.people.administrators import LastAdministrator
from accounts.second_factors.factors import remove_all
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import user_url
from instance_manager.questions import done, question
from instance_manager.users.directory import person_or_404


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@vary_on_headers("HX-Request")
def factors_reset(request: SignedInRequest, user_id: uuid.UUID) -> HttpResponse:
    """Ask whether to remove everything that a person shows besides their password, or do it."""
    user = person_or_404(user_id)
    if request.method != "POST":
        return question(
            request,
            heading=_("Reset the second factors of %(name)s?") % {"name": user.name_beside_others},
            lines=[
                _("Their authenticator app, passkeys and recovery codes are removed, and their sessions end."),
                _("They are told by mail."),
                _("From then on their password alone lets them in: make sure that it is they who ask for this."),
            ],
            submit_label=_("Reset second factors"),
            keep_label=_("Keep second factors"),
            is_dangerous=True,
            cancel_url=user_url(user.pk),
        )
    try:
        removed = remove_all(actor=actor_of(request, Source.MANAGE), user=user, now=timezone.now())
    except LastAdministrator as error:
        messages.error(request, str(error))
        return moved_to(request, user_url(user.pk))
    text = _("The second factors of %(name)s were removed.") if removed else _("%(name)s has no second factor.")
    return done(request, user_url(user.pk), text % {"name": user.name_beside_others}, ended=user if removed else None)
