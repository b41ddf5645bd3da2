"""The devices of a user: an administrator ends one session, or all."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.http import SignedInRequest, actor_of
from accounts.models import User
from accounts.sessions.devices import devices_of, end_all_devices, end_device, key_of_session
from accounts.sign_in.decorators import administrator_required
from instance_manager.addresses import user_url
from instance_manager.pages import MANAGE
from instance_manager.users.directory import user_or_404
from instance_manager.users.own_session import tell_sessions_ended


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
def device_end(request: SignedInRequest, user_id: uuid.UUID, device_id: int) -> HttpResponse:
    """Ask whether to end one session of a user, or do it."""
    user, now = user_or_404(user_id), timezone.now()
    devices = devices_of(user, current_key=key_of_session(request), now=now)
    device = next((one for one in devices if one.id == device_id), None)
    if device is None:
        raise Http404
    if request.method != "POST":
        heading, label = _("End this session?"), _("End session")
        return ask_to_end_sessions(request, user, heading=heading, submit_label=label, device=device)
    end_device(actor=actor_of(request, Source.MANAGE), user=user, device_id=device_id, now=now)
    text, url = _("The session was ended: %(name)s.") % {"name": device.name}, user_url(user.pk)
    if device.is_current:
        return tell_sessions_ended(request, text, user=user, url=url)
    return MANAGE.tell(request, text, url=url)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
def device_end_all(request: SignedInRequest, user_id: uuid.UUID) -> HttpResponse:
    """Ask whether to end every session of a user, or do it."""
    user = user_or_404(user_id)
    if request.method != "POST":
        heading = _("End all sessions of %(name)s?") % {"name": user.name_beside_others}
        return ask_to_end_sessions(request, user, heading=heading, submit_label=_("End all sessions"))
    end_all_devices(actor=actor_of(request, Source.MANAGE), user=user, now=timezone.now())
    text = _("All sessions of %(name)s were ended.") % {"name": user.name_beside_others}
    return tell_sessions_ended(request, text, user=user, url=user_url(user.pk))


def ask_to_end_sessions(request: SignedInRequest, user: User, **context: Any) -> HttpResponse:
    """Ask before sessions end."""
    text = _("The device is signed out when it opens the next page. Tokens keep working.")
    return MANAGE.ask(request, "partials/device_question.html", text=text, cancel_url=user_url(user.pk), **context)
