"""Confirming one's identity (PEO-3): by password, authenticator app or passkey, as the person has them.

A recovery code does not confirm: it replaces a lost device at sign-in, and a sign-in counts for 15 minutes too.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from allauth.account import views as allauth_views
from allauth.account.adapter import get_adapter
from allauth.account.utils import get_next_redirect_url
from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.urls import Resolver404, resolve, reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.allauth_internals import record_factor
from accounts.http import SignedInRequest
from accounts.second_factors import passkeys
from accounts.second_factors.factors import APP, PASSKEY, factors_of
from accounts.second_factors.forms import CodeForm, ShownPasskeyForm
from accounts.sign_in.decorators import signed_in_required

if TYPE_CHECKING:
    from django import forms

# The ways to confirm that are second factors.
FACTOR_WAYS = ("passkey", "app")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
def confirm_by_password(request: SignedInRequest) -> HttpResponse:
    """Ask for the password once more, or lead to another way; a person without any way is told what to do."""
    if not get_adapter().get_reauthentication_methods(request.user):
        return render(request, "account/no_way_to_confirm.html")
    response: HttpResponse = allauth_views.reauthenticate(request)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
def confirm_by_code(request: SignedInRequest) -> HttpResponse:
    """Ask for a code of the authenticator app, or take it."""
    if not factors_of(request.user).filter(type=APP).exists():
        return to_another_way(request)
    form = CodeForm(request.POST if request.method == "POST" else None, request=request, user=request.user)
    if form.is_valid():
        return confirmed(request, form.cleaned_data["code"])
    return confirmation_page(request, form)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
def confirm_by_passkey(request: SignedInRequest) -> HttpResponse:
    """Ask for one of the person's passkeys, or take it."""
    if not passkeys.are_possible():
        raise Http404
    if not factors_of(request.user).filter(type=PASSKEY).exists():
        return to_another_way(request)
    form = ShownPasskeyForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_valid():
        return confirmed(request, form.cleaned_data["credential"])
    return confirmation_page(request, form, passkey_options=json.dumps(passkeys.options_to_show(request.user)))


@require_safe
@signed_in_required
def confirm_by_factor(request: SignedInRequest) -> HttpResponse:
    """Lead to a second factor of the person, where no password will do; a person without one is told what to do."""
    ways = [way for way in get_adapter().get_reauthentication_methods(request.user) if way["id"] in FACTOR_WAYS]
    if not ways:
        return render(request, "account/no_way_to_confirm.html", {"by_factor": True})
    return HttpResponseRedirect(with_next(ways[0]["url"], get_next_redirect_url(request)))


def confirmed(request: SignedInRequest, factor: Any) -> HttpResponse:
    """Go on to the page that asked for the confirmation."""
    record_factor(request, factor, reauthenticated=True)
    return HttpResponseRedirect(get_next_redirect_url(request) or resolve_url(settings.LOGIN_REDIRECT_URL))


def to_another_way(request: SignedInRequest) -> HttpResponse:
    """Lead a person without this factor to another way."""
    return HttpResponseRedirect(with_next(reverse("account_reauthenticate"), get_next_redirect_url(request)))


def confirmation_page(request: SignedInRequest, form: forms.Form, **context: Any) -> HttpResponse:
    """The page that asks, with the other ways beside it."""
    target = get_next_redirect_url(request)
    methods = get_adapter().get_reauthentication_methods(request.user)
    if needs_factor(target):
        methods = [way for way in methods if way["id"] in FACTOR_WAYS]
    others = [way | {"url": with_next(way["url"], target)} for way in methods if way["url"] != request.path]
    context |= {"form": form, "target": target, "others": others}
    return render(request, "account/confirm_by_factor.html", context, status=422 if form.is_bound else 200)


def needs_factor(target: str | None) -> bool:
    """Whether the page that asked takes only a second factor, so that no other way leads back to it."""
    try:
        view = resolve(urlsplit(target or "").path).func
    except Resolver404:
        return False
    return getattr(view, "needs_factor", False)


def with_next(url: str, target: str | None) -> str:
    """The address of a page that comes back to another."""
    return f"{url}?{urlencode({'next': target})}" if target else url
