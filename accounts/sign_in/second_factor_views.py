"""Signing in with a second factor, or with a passkey as both factors; and telling administrators that they need one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from allauth.account.adapter import get_adapter
from allauth.account.utils import get_login_redirect_url, get_next_redirect_url, perform_login
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.addresses import address_of
from accounts.allauth_internals import record_factor, second_factor_stage
from accounts.http import SignedInRequest
from accounts.limits import rates
from accounts.people.access import may_sign_in
from accounts.second_factors import passkeys
from accounts.second_factors.factors import APP, CODES, PASSKEY, codes_left, factors_of, has_second_factor
from accounts.second_factors.forms import ShownPasskeyForm, SignInCodeForm, SignInPasskeyForm
from accounts.sessions.record import record_refused_sign_in
from accounts.sign_in.confirmation import with_next
from accounts.sign_in.decorators import signed_in_required
from accounts.sign_in.first_step import first_step_counts

if TYPE_CHECKING:
    from django import forms

    from accounts.models import User


@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask somebody who has passed the first step of signing in for their second factor, and let them in."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(get_login_redirect_url(request))
    stage = second_factor_stage(request)
    if stage is None:
        return sign_in_again(request, target=None)
    user: User = stage.login.user
    if "leave" in request.POST:
        return cast("HttpResponse", stage.abort())
    if not may_go_on(request, user):
        stage.abort()
        return sign_in_again(request, target=stage.login.redirect_url)
    form = factor_form(request, user) if request.method == "POST" else None
    if form is None or not form.is_valid():
        return second_factor_page(request, user, form)
    (factor,) = form.cleaned_data.values()
    record_factor(request, factor)
    if factor.type == CODES:
        # The code was taken from a row that was read again under its lock.
        factor.refresh_from_db()
        tell_codes_left(request, codes_left(factor))
    return cast("HttpResponse", stage.exit())


def tell_codes_left(request: HttpRequest, count: int) -> None:
    """Say on the next page how many recovery codes are left: who runs out of them unaware is locked out."""
    if count:
        text = ngettext(
            "You used a recovery code. %(count)d code is left.",
            "You used a recovery code. %(count)d codes are left.",
            count,
        )
    else:
        text = gettext("You used your last recovery code. Generate new ones under “Second factors”.")
    messages.warning(request, text % {"count": count})


def sign_in_again(request: HttpRequest, *, target: str | None) -> HttpResponse:
    """Lead to the sign-in page, and from there on; who has just sent their factor is told that it came too late."""
    if request.method == "POST":
        messages.info(request, gettext("This sign-in has ended. Sign in again."))
    return HttpResponseRedirect(with_next(reverse("account_login"), target))


def may_go_on(request: HttpRequest, user: User) -> bool:
    """Whether nothing has happened since the first step for which signing in begins again.

    An administrator may have removed the factor, and the person may have another password: who knows the old one alone
    has shown nothing.
    """
    return may_sign_in(user) and has_second_factor(user) and first_step_counts(request, user)


def factor_form(request: HttpRequest, user: User) -> forms.Form:
    """The form that was sent: with a passkey, or with a code."""
    if "credential" in request.POST and passkeys.are_possible():
        return ShownPasskeyForm(request.POST, user=user)
    return SignInCodeForm(request.POST, request=request, user=user, has_app=APP in types_of(user))


def second_factor_page(request: HttpRequest, user: User, form: forms.Form | None) -> HttpResponse:
    """The page that asks for the factors that the person has; after a wrong answer, with the error."""
    types = types_of(user)
    code_form = form if isinstance(form, SignInCodeForm) else None
    context: dict[str, Any] = {
        "person": user,
        "failed": form,
        "code_form": code_form or SignInCodeForm(None, request=request, user=user, has_app=APP in types),
        "takes_codes": bool({APP, CODES} & types),
    }
    if PASSKEY in types and passkeys.are_possible():
        context["passkey_options"] = json.dumps(passkeys.options_to_show(user))
    return render(request, "account/second_factor.html", context, status=422 if form else 200)


def types_of(user: User) -> set[str]:
    """The types of the person's factors."""
    return set(factors_of(user).values_list("type", flat=True))


@require_http_methods(["GET", "HEAD", "POST"])
def passkey_sign_in(request: HttpRequest) -> HttpResponse:
    """Tell a browser, as JSON, what to show a passkey with; or sign in the person who has shown one."""
    if not passkeys.are_possible():
        raise Http404
    target = get_next_redirect_url(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(target or resolve_url(settings.LOGIN_REDIRECT_URL))
    attempt = rates.count_attempt(request, rates.PASSKEY)
    if request.method != "POST":
        return JsonResponse(passkeys.options_to_show(None))
    form = SignInPasskeyForm(request.POST)
    if not form.is_valid():
        record_refused_sign_in(request, None, "passkey")
        for text in form.errors["credential"]:
            messages.error(request, str(text))
        return HttpResponseRedirect(with_next(reverse("account_login"), target))
    # The answer was right, and so was the request for the options before it.
    attempt.give_back(2)
    passkey = form.cleaned_data["credential"]
    record_factor(request, passkey, passwordless=True)
    return cast("HttpResponse", perform_login(request, passkey.user, redirect_url=target))


@require_safe
@signed_in_required
def second_factor_required(request: SignedInRequest) -> HttpResponse:
    """Tell an administrator that the Instance Manager asks for a second factor, and lead there and back."""
    target = get_next_redirect_url(request)
    methods = get_adapter().get_reauthentication_methods(request.user)
    ways = [way | {"url": with_next(way["url"], target)} for way in methods if way["id"] in {"app", "passkey"}]
    context = {
        "has_factor": has_second_factor(request.user),
        "ways": ways,
        "set_up_url": with_next(address_of("own second factors"), target),
    }
    return render(request, "account/second_factor_required.html", context)
