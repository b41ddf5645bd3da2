"""Resetting the second factors of a person who has lost them."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.http import SignedInRequest, actor_of
from accounts.models import User
from accounts.people.administrators import LastAdministrator
from accounts.second_factors.factors import remove_all
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import user_url
from instance_manager.pages import MANAGE
from instance_manager.users.directory import person_or_404
from instance_manager.users.own_session import tell_sessions_ended


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def factors_reset(request: SignedInRequest, user_id: uuid.UUID) -> HttpResponse:
    """Ask whether to remove every second factor of a person, or do it."""
    user = person_or_404(user_id)
    if request.method != "POST":
        return ask_to_reset_factors(request, user)
    url, names = user_url(user.pk), {"name": user.name_beside_others}
    try:
        removed = remove_all(actor=actor_of(request, Source.MANAGE), user=user, now=timezone.now())
    except LastAdministrator as refused:
        return MANAGE.tell(request, str(refused), url=url, tone="bad")
    if not removed:
        return MANAGE.tell(request, _("%(name)s has no second factor.") % names, url=url)
    return tell_sessions_ended(request, _("The second factors of %(name)s were removed.") % names, user=user, url=url)


def ask_to_reset_factors(request: SignedInRequest, user: User) -> HttpResponse:
    """Ask before the second factors are removed."""
    return MANAGE.ask(
        request,
        heading=_("Reset the second factors of %(name)s?") % {"name": user.name_beside_others},
        lines=[
            _("Their authenticator app, passkeys and recovery codes are removed, and their sessions end."),
            _("They are notified by mail."),
            _("Their password alone is then enough to sign in. Make sure that the request comes from them."),
        ],
        submit_label=_("Reset second factors"),
        keep_label=_("Keep second factors"),
        is_dangerous=True,
        cancel_url=user_url(user.pk),
    )
