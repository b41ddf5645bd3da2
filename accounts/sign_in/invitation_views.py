"""What somebody who was invited sees: the link from the mail, and the form behind it."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import client_address
from accounts.mailed_links.invitations import accept_invitation, live_invitations
from accounts.mailed_links.links import digest_of, keep_for_the_form, kept_for_the_form
from accounts.passwords.forms import InvitationForm
from accounts.sign_in.familiar_browsers import remember

PURPOSE = "invitation"


@require_safe
def invitation_open(request: HttpRequest, invitation_key: str) -> HttpResponse:
    """Lead whoever opens the link to the form."""
    digest = digest_of(invitation_key)
    if not live_invitations(digest, now=timezone.now()).exists():
        return dead_link_page(request)
    keep_for_the_form(request, PURPOSE, digest)
    return redirect("invitation_accept")


@require_http_methods(["GET", "HEAD", "POST"])
def invitation_accept(request: HttpRequest) -> HttpResponse:
    """Ask for a name and a password, or set them; then they sign in with it."""
    now = timezone.now()
    digest = kept_for_the_form(request, PURPOSE)
    invitation = live_invitations(digest, now=now).select_related("user").first()
    if invitation is None:
        return dead_link_page(request)
    user = invitation.user
    form = InvitationForm(request.POST if request.method == "POST" else None, user=user)
    if not form.is_valid():
        context = {
            "form": form,
            "person": user,
            "heading": _("Choose your password"),
            "lead": _("You were invited. Your user name is %(username)s; you sign in with it or your e-mail address.")
            % {"username": user.username},
        }
        return render(request, "account/new_password.html", context, status=422 if form.is_bound else 200)
    name, password = form.cleaned_data["name"], form.cleaned_data["new_password"]
    if not accept_invitation(
        user=user, digest=digest, name=name, password=password, address=client_address(request), now=now
    ):
        return dead_link_page(request)
    # Whoever was signed in here: the next page is for the one who was invited.
    get_adapter(request).logout(request)
    # With the password that they have now: the browser is theirs, and is not held up where others guess.
    user.refresh_from_db()
    remember(request, user)
    messages.success(request, _("Your password is set. Sign in with it."))
    return redirect("account_login")


def dead_link_page(request: HttpRequest) -> HttpResponse:
    """What is said of a link that was used, replaced or too old."""
    context = {
        "when": _("An invitation works once, within 7 days, until a newer one is sent."),
        "what_now": _("If you have set your password, sign in with it. Otherwise ask an administrator for a new one."),
    }
    return render(request, "account/dead_link.html", context, status=404)
