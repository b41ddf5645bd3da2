"""Profile → Security → Single sign-on: which identity at the OpenID Connect provider signs the person in here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.http import actor_of
from accounts.openid_settings import provider_name
from accounts.people.access import is_connected
from accounts.sign_in.decorators import recent_sign_in_required, signed_in_required
from accounts.sign_in.openid_views import go_to_provider, provider_required
from accounts.single_sign_on.identities import disconnect
from profile_site.pages import PROFILE

if TYPE_CHECKING:
    from accounts.http import SignedInRequest

# A person who is signed in there chooses which of their identities it shall be.
SHOW_WHO = {"prompt": "login"}


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_sign_in_required
@provider_required
def identity_connect(request: SignedInRequest) -> HttpResponse:
    """Show whether the person is connected, or go to the provider to connect them."""
    if request.method == "POST":
        person = str(request.user.pk)
        return go_to_provider(
            request, "connect", target=reverse("profile:identity_connect"), parameters=SHOW_WHO, person=person
        )
    context = {"is_connected": is_connected(request.user), "has_password": request.user.has_usable_password()}
    return PROFILE.page(request, "profile_site/single_sign_on.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_sign_in_required
@provider_required
def identity_disconnect(request: SignedInRequest) -> HttpResponse:
    """Ask whether to end the connection, or end it."""
    if request.method != "POST":
        return ask_to_disconnect(request)
    if disconnect(user=request.user, actor=actor_of(request, Source.PROFILE), now=timezone.now()):
        messages.success(request, _("Single sign-on was disconnected. Sign in with your password from now on."))
    return redirect("profile:identity_connect")


def ask_to_disconnect(request: SignedInRequest) -> HttpResponse:
    """Ask before the connection ends."""
    return PROFILE.ask(
        request,
        title=_("Disconnect single sign-on"),
        heading=_("Disconnect %(provider)s?") % {"provider": provider_name()},
        lines=[_("You then sign in with your password. Your tokens keep working, and you can connect again.")],
        submit_label=_("Disconnect"),
        keep_label=_("Stay connected"),
        cancel_url=reverse("profile:identity_connect"),
    )
