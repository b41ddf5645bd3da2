"""Decorators that say who may use a view. Each answers by itself where the view is not for this person."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse

from accounts.forms.resumed_form import address_to_resume, unpack_resumed
from accounts.http import HtmxRequest, SignedInRequest, moved_to, page_behind
from accounts.second_factors.factors import has_second_factor, has_shown_second_factor
from accounts.text.secrets import address_without_secrets

Extra = ParamSpec("Extra")
View = Callable[Concatenate[SignedInRequest, Extra], HttpResponse]


def signed_in_required(view: View[Extra]) -> View[Extra]:
    """For people who are signed in; others sign in and come back."""

    @wraps(view)
    def answer(request: SignedInRequest, /, *args: Extra.args, **kwargs: Extra.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return go_and_come_back(request, reverse("account_login"))
        return view(request, *args, **kwargs)

    return answer


def administrator_required(view: View[Extra]) -> View[Extra]:
    """For administrators; other people are told so (403).

    Where the settings ask administrators for a second factor, one who has not shown it is led to do so, and back.
    """

    @wraps(view)
    def answer(request: SignedInRequest, /, *args: Extra.args, **kwargs: Extra.kwargs) -> HttpResponse:
        if not request.user.is_administrator:
            raise PermissionDenied
        if settings.REQUIRE_ADMIN_SECOND_FACTOR and not has_shown_second_factor(request):
            return go_and_come_back(request, reverse("second_factor_required"))
        return view(request, *args, **kwargs)

    return signed_in_required(answer)


def recent_sign_in_required(view: View[Extra]) -> View[Extra]:
    """For people who have shown within 15 minutes that it is them (PEO-3, ASVS v5.0.0-7.5.1).

    Others confirm it first and come back to the same form, with the values they had typed. This decorator stands below
    the one that says who may use the view.
    """

    @wraps(view)
    def answer(request: SignedInRequest, /, *args: Extra.args, **kwargs: Extra.kwargs) -> HttpResponse:
        if not has_recently_signed_in(request):
            return go_and_come_back(request, reverse("account_reauthenticate"))
        unpack_resumed(request)
        return view(request, *args, **kwargs)

    return answer


def has_recently_signed_in(request: SignedInRequest) -> bool:
    """Whether a proof of identity in this session is recent: a sign-in, or a confirmation since."""
    return any(is_recent(record["at"]) for record in get_authentication_records(request, request.user))


def is_recent(at: float) -> bool:
    """Whether a proof of this time, in seconds since 1970, still holds.

    Another machine's clock may be ahead by as much; one that was ahead and was put back prolongs nothing.
    """
    return bool(abs(time.time() - at) < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


def recent_factor_required(view: View[Extra]) -> View[Extra]:
    """For people who have shown within 15 minutes that it is them, by a second factor where they have one (PEO-3).

    A password alone must not change the second factor: else a thief of the password removes it. This decorator stands
    in the place of `recent_sign_in_required`.
    """

    @wraps(view)
    def answer(request: SignedInRequest, /, *args: Extra.args, **kwargs: Extra.kwargs) -> HttpResponse:
        if has_second_factor(request.user) and not has_recently_shown_factor(request):
            return go_and_come_back(request, reverse("confirm_by_factor"))
        return view(request, *args, **kwargs)

    guarded = recent_sign_in_required(answer)
    # `wraps` hands the attribute on to the view of the URL, where the page that asks for the factor finds it.
    guarded.needs_factor = True  # type: ignore[attr-defined]
    return guarded


def has_recently_shown_factor(request: SignedInRequest) -> bool:
    """Whether a second factor was shown in this session within 15 minutes: to sign in, or to confirm."""
    records = get_authentication_records(request, request.user)
    return any(is_recent(record["at"]) for record in records if record["method"] == "mfa")


def go_and_come_back(request: HtmxRequest, url: str) -> HttpResponse:
    """Send the browser to a page that comes back here."""
    return moved_to(request, f"{url}?{urlencode({'next': address_to_come_back_to(request)})}")


def address_to_come_back_to(request: HtmxRequest) -> str:
    """This address; for a form that was sent, with what was typed; for a part of a page, that of the page."""
    if request.method == "POST":
        return address_to_resume(request)
    page = page_behind(request)
    # What stands in the dialog has a page of its own.
    if page.path and request.htmx.target != "dialog-body":
        return address_without_secrets(f"{page.path}?{page.query}" if page.query else page.path)
    return address_without_secrets(request.get_full_path())
