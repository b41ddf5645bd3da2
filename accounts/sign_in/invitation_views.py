"""The pages of an invitation: the link from the mail, and the form behind it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import client_address
from accounts.mailed_links.invitations import accept_invitation, live_invitations
from accounts.mailed_links.links import link_digest, remember_link, remembered_link
from accounts.passwords.forms import AcceptInvitationForm
from accounts.sign_in.password_links import dead_link_page, lead_to_sign_in, new_password_page

INVITATION_LINK = "invitation"


@require_safe
def invitation_open(request: HttpRequest, invitation_key: str) -> HttpResponse:
    """Lead the person who opens the link to the form."""
    digest = link_digest(invitation_key)
    if not live_invitations(digest, now=timezone.now()).exists():
        return dead_invitation_page(request)
    remember_link(request, INVITATION_LINK, digest)
    return redirect("invitation_accept")


@require_http_methods(["GET", "HEAD", "POST"])
def invitation_accept(request: HttpRequest) -> HttpResponse:
    """Ask for a name and a password, or set them; then they sign in with it."""
    now = timezone.now()
    digest = remembered_link(request, INVITATION_LINK)
    invitation = live_invitations(digest, now=now).select_related("user").first()
    if invitation is None:
        return dead_invitation_page(request)
    user = invitation.user
    form = AcceptInvitationForm(request.POST if request.method == "POST" else None, user=user)
    if not form.is_valid():
        return new_password_page(
            request,
            form,
            user,
            heading=_("Choose your password"),
            lead=_("Your user name is %(username)s. You can sign in with it or with your e-mail address.")
            % {"username": user.username},
        )
    name, password = form.cleaned_data["name"], form.cleaned_data["new_password"]
    if not accept_invitation(
        user=user, digest=digest, name=name, password=password, address=client_address(request), now=now
    ):
        return dead_invitation_page(request)
    return lead_to_sign_in(request, user)


def dead_invitation_page(request: HttpRequest) -> HttpResponse:
    """The page for a link that was used, replaced or is too old."""
    return dead_link_page(
        request,
        when=_("An invitation works once, within 7 days, until a newer one is sent."),
        what_now=_(
            "If you have chosen your password, sign in with it. Otherwise ask an administrator for a new invitation."
        ),
    )
