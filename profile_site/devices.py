"""Profile → Devices: where the person is signed in, and ending that."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit.record import Source
from accounts.http import SignedInRequest, actor_of, moved_to
from accounts.pages.site import Section
from accounts.sessions.devices import Device, devices_of, end_device, end_other_devices, key_of_session
from accounts.sign_in.decorators import signed_in_required
from profile_site.pages import PROFILE

if TYPE_CHECKING:
    from datetime import datetime


@require_safe
@signed_in_required
def device_list(request: SignedInRequest) -> HttpResponse:
    """Where the person is signed in."""
    return PROFILE.page(request, "profile_site/device_list.html", list_context(request, timezone.now()))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
def device_end(request: SignedInRequest, device_id: int) -> HttpResponse:
    """Ask whether to end one of the person's own sessions, or do it; this one ends by signing out."""
    now = timezone.now()
    device = next((one for one in own_devices(request, now) if one.id == device_id), None)
    if device is None:
        raise Http404
    if device.is_current:
        return moved_to(request, reverse("account_logout"))
    if request.method != "POST":
        return ask_to_end(
            request,
            heading=_("End this session?"),
            text=_("The device is signed out when it opens the next page. Tokens keep working."),
            submit_label=_("End session"),
            device=device,
        )
    end_device(actor=actor_of(request, Source.PROFILE), user=request.user, device_id=device.id, now=now)
    return tell_ended(request, now, _("The session was ended: %(name)s.") % {"name": device.name})


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
def device_end_others(request: SignedInRequest) -> HttpResponse:
    """Ask whether to end every session of the person but this one, or do it."""
    now = timezone.now()
    if request.method != "POST":
        return ask_to_end(
            request,
            heading=_("End all other sessions?"),
            text=_("You stay signed in here and nowhere else. Tokens keep working."),
            submit_label=_("End all other sessions"),
        )
    actor, key = actor_of(request, Source.PROFILE), key_of_session(request)
    end_other_devices(actor=actor, user=request.user, current_key=key, now=now)
    return tell_ended(request, now, _("All other sessions were ended."))


def own_devices(request: SignedInRequest, now: datetime) -> list[Device]:
    """Where the person is signed in, this device first."""
    return devices_of(request.user, current_key=key_of_session(request), now=now)


def list_context(request: SignedInRequest, now: datetime) -> dict[str, Any]:
    """The section with the person's devices."""
    devices = own_devices(request, now)
    count = len(devices)
    return {
        "devices": [(device, reverse("profile:device_end", args=[device.id])) for device in devices],
        "count_label": ngettext("%(count)d session", "%(count)d sessions", count) % {"count": count},
        "end_devices_url": reverse("profile:device_end_others") if count > 1 else "",
        "end_devices_label": _("End all other sessions"),
        "sign_out_url": reverse("account_logout"),
    }


def ask_to_end(request: SignedInRequest, **context: Any) -> HttpResponse:
    """Ask before sessions end."""
    return PROFILE.ask(request, "partials/device_question.html", cancel_url=reverse("profile:device_list"), **context)


def tell_ended(request: SignedInRequest, now: datetime, text: str) -> HttpResponse:
    """Say which sessions ended, beside the list as it is now."""
    section = Section("partials/device_list.html", partial(list_context, request, now))
    return PROFILE.tell(request, text, url=reverse("profile:device_list"), section=section)
