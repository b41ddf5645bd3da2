"""Pages that invitations and password resets share: the form, the way to sign in, and a dead link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.sign_in.known_browsers import remember_browser

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from accounts.models import User
    from accounts.passwords.forms import NewPasswordForm


def new_password_page(
    request: HttpRequest, form: NewPasswordForm, person: User, *, heading: str, lead: str
) -> HttpResponse:
    """The form for a password."""
    context = {"form": form, "person": person, "heading": heading, "lead": lead}
    return render(request, "account/new_password.html", context, status=422 if form.is_bound else 200)


def lead_to_sign_in(request: HttpRequest, person: User) -> HttpResponse:
    """Sign out the person who was signed in here, and let the one with the new password sign in."""
    get_adapter(request).logout(request)
    # With the password that they have now: the browser is theirs, and is not held up where others guess.
    person.refresh_from_db()
    remember_browser(request, person)
    messages.success(request, _("Your password is set. Sign in with it."))
    return redirect("account_login")


def dead_link_page(
    request: HttpRequest, *, when: str, what_now: str, again_url: str = "", again_label: str = ""
) -> HttpResponse:
    """The page for a link that no longer works, or never did."""
    context = {
        "when": when,
        "what_now": what_now,
        "back_url": reverse("account_login"),
        "back_label": _("Go to the sign-in page"),
        "again_url": again_url,
        "again_label": again_label,
    }
    return render(request, "dead_link.html", context, status=404)
