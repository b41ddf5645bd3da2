"""The pages of a password reset."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import client_address
from accounts.limits import rates
from accounts.mailed_links.links import link_digest, remember_link, remembered_link
from accounts.mailed_links.password_reset import ask_password_reset, live_resets, reset_password
from accounts.passwords.forms import LoginForm, NewPasswordForm
from accounts.sign_in.password_links import dead_link_page, lead_to_sign_in, new_password_page

RESET_LINK = "password_reset"


@require_http_methods(["GET", "HEAD", "POST"])
def password_reset(request: HttpRequest) -> HttpResponse:
    """Ask whose password it is, or send the link; the next page is the same for any name."""
    form = LoginForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "account/password_reset.html", {"form": form}, status=422 if form.is_bound else 200)
    rates.count_attempt(request, rates.RESET, form.cleaned_data["login"].lower())
    ask_password_reset(form.cleaned_data["login"], address=client_address(request), now=timezone.now())
    return redirect("password_reset_sent")


@require_safe
def password_reset_sent(request: HttpRequest) -> HttpResponse:
    """Say where to look."""
    return render(request, "account/password_reset_sent.html")


@require_safe
def password_reset_open(request: HttpRequest, reset_key: str) -> HttpResponse:
    """Lead the person who opens the link to the form."""
    digest = link_digest(reset_key)
    if not live_resets(digest, now=timezone.now()).exists():
        return dead_reset_page(request)
    remember_link(request, RESET_LINK, digest)
    return redirect("password_reset_finish")


@require_http_methods(["GET", "HEAD", "POST"])
def password_reset_finish(request: HttpRequest) -> HttpResponse:
    """Ask for a new password, or set it; then they sign in with it, with the second factor they have."""
    now = timezone.now()
    digest = remembered_link(request, RESET_LINK)
    reset = live_resets(digest, now=now).select_related("user").first()
    if reset is None:
        return dead_reset_page(request)
    form = NewPasswordForm(request.POST if request.method == "POST" else None, user=reset.user)
    if not form.is_valid():
        return new_password_page(
            request,
            form,
            reset.user,
            heading=_("Choose a new password"),
            lead=_("For the account %(username)s. Your other sessions end; tokens keep working.")
            % {"username": reset.user.username},
        )
    password, address = form.cleaned_data["new_password"], client_address(request)
    if not reset_password(user=reset.user, digest=digest, password=password, address=address, now=now):
        return dead_reset_page(request)
    return lead_to_sign_in(request, reset.user)


def dead_reset_page(request: HttpRequest) -> HttpResponse:
    """The page for a link that was used or is too old."""
    return dead_link_page(
        request,
        when=_("It works once, within one hour, until the password or the e-mail address changes."),
        what_now=_("If you have chosen a new password, sign in with it. Otherwise request a new link."),
        again_url=reverse("password_reset"),
        again_label=_("Request a new link"),
    )
