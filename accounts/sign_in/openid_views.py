"""To the OpenID Connect provider and back: to sign in, to confirm one's identity, or to connect an account."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from allauth.account.adapter import get_adapter
from allauth.account.utils import get_next_redirect_url, perform_login
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.allauth_internals import record_proof, take_state
from accounts.audit.record import Actor, Source
from accounts.http import SignedInRequest, client_address
from accounts.limits import rates
from accounts.limits.concurrency import ConcurrencyLimit
from accounts.models import User
from accounts.openid_settings import is_configured
from accounts.sessions.record import record_refused_sign_in
from accounts.sign_in.confirmation import with_next
from accounts.sign_in.decorators import signed_in_required
from accounts.single_sign_on.identities import (
    ConnectedToAnother,
    NobodyHere,
    connect,
    connected_person,
    person_signing_in,
)
from accounts.single_sign_on.provider import CLOCK_SKEW_SECONDS, FAILURES, Identity, NotBelieved, ProviderClient

logger = logging.getLogger(__name__)

METHOD = "socialaccount"
# Anybody may make this server ask the provider. A silent provider must not hold the threads of all other pages.
ASKING = ConcurrencyLimit(2, wait_seconds=1)
# The provider asks for a new sign-in where the last one is older than a session here may be, and tells when it was
# (OpenID Connect Core §3.1.2.1).
OLDEST_SIGN_IN = {"max_age": str(14 * 24 * 3600)}
# The provider asks a person who is signed in there to prove their identity again.
ASK_AGAIN = {"prompt": "login", "max_age": "0"}

Extra = ParamSpec("Extra")
AnyRequest = TypeVar("AnyRequest", bound=HttpRequest)
View = Callable[Concatenate[AnyRequest, Extra], HttpResponse]


def provider_required(view: View[AnyRequest, Extra]) -> View[AnyRequest, Extra]:
    """For instances whose settings name a provider; elsewhere there is no such page."""

    @wraps(view)
    def answer(request: AnyRequest, /, *args: Extra.args, **kwargs: Extra.kwargs) -> HttpResponse:
        if not is_configured():
            raise Http404
        return view(request, *args, **kwargs)

    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@provider_required
def openid_sign_in(request: HttpRequest) -> HttpResponse:
    """Ask whether to sign in at the provider, or go there."""
    target = get_next_redirect_url(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(target or resolve_url(settings.LOGIN_REDIRECT_URL))
    if request.method == "POST":
        return go_to_provider(request, "sign_in", target=target, parameters=OLDEST_SIGN_IN)
    return render(request, "account/openid_ask.html", {"target": target})


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@provider_required
def openid_confirm(request: SignedInRequest) -> HttpResponse:
    """Ask the signed-in person to confirm their identity at the provider, or go there."""
    target = get_next_redirect_url(request)
    if request.method == "POST":
        return go_to_provider(request, "confirm", target=target, parameters=ASK_AGAIN)
    return render(request, "account/openid_ask.html", {"target": target, "confirms": True})


def go_to_provider(
    request: HttpRequest, purpose: str, *, target: str | None, parameters: dict[str, str], **remembered: str
) -> HttpResponse:
    """A page that goes on to the provider by itself; the state holds what is `remembered` for the return.

    It is no redirect: to a browser a redirect would send the form to the provider, which `form-action 'self'` forbids.
    """
    attempt = rates.count_attempt(request, rates.OPENID)
    nonce = secrets.token_urlsafe(32)
    try:
        with attempt.unless_busy(), ASKING.slot():
            answer = (
                ProviderClient(request)
                .get_provider()
                .redirect(
                    request,
                    process=purpose,
                    next_url=target,
                    nonce=nonce,
                    started_at=int(time.time()),
                    auth_params={"nonce": nonce, **parameters},
                    **remembered,
                )
            )
    except FAILURES as failure:
        return failed(request, failure, {"process": purpose, "next": target})
    return render(request, "account/openid_leaving.html", {"address": answer.url})


@require_http_methods(["GET"])
@provider_required
def openid_callback(request: HttpRequest) -> HttpResponse:
    """Take back a person whom this browser sent to the provider: the state stands in its session, and works once."""
    # Before the state is used up: a person who finds no place loads the page again.
    with ASKING.slot():
        return came_back(request)


def came_back(request: HttpRequest) -> HttpResponse:
    """Ask the provider who came back, and do what the person left for."""
    state = take_state(request, issuer=settings.OIDC_ISSUER, state_id=request.GET.get("state", ""))
    if state is None:
        return problem(request, "stale", status=400)
    try:
        # An answer of another provider must not pass for one of this provider (RFC 9207).
        if request.GET.get("iss", settings.OIDC_ISSUER) != settings.OIDC_ISSUER:
            raise NotBelieved("the answer names another issuer")
        if "code" not in request.GET:
            return problem(request, "unfinished", state, status=400)
        identity = ProviderClient(request).identity(
            request.GET["code"], verifier=state["pkce_code_verifier"], nonce=state["nonce"]
        )
    except FAILURES as failure:
        return failed(request, failure, state)
    return ARRIVALS[state["process"]](request, identity, state)


def arrive_to_sign_in(request: HttpRequest, identity: Identity, state: dict[str, Any]) -> HttpResponse:
    """Begin a session, after the second factor where the person has one."""
    actor = Actor(Source.SYSTEM, "identity_provider", address=client_address(request))
    try:
        user = person_signing_in(identity, actor=actor, now=timezone.now())
    except NobodyHere as nobody:
        record_refused_sign_in(request, nobody.user, METHOD)
        told = {"once_a_minute": str(nobody)}
        logger.warning("nobody is signed in by the OpenID Connect provider: %s", nobody, extra=told)
        return problem(request, "nobody", state, status=403, identity=identity)
    if request.user.is_authenticated:
        get_adapter(request).logout(request)
    # The proof counts from the sign-in at the provider, which can be long ago: a session there may last.
    record_proof(request, user, METHOD, at=identity.authenticated_at or 0)
    answer: HttpResponse = perform_login(request, user, redirect_url=state.get("next"))
    return answer


def arrive_to_confirm(request: HttpRequest, identity: Identity, state: dict[str, Any]) -> HttpResponse:
    """Go on to the page that asked, if this person has just proved their identity at the provider."""
    if not request.user.is_authenticated:
        return problem(request, "stale", state, status=400)
    if connected_person(identity) != request.user:
        record_refused_sign_in(request, request.user, METHOD)
        return problem(request, "somebody_else", state, status=403, identity=identity)
    if (identity.authenticated_at or 0) < state["started_at"] - CLOCK_SKEW_SECONDS:
        logger.warning("the OpenID Connect provider does not say that it asked again: auth_time is missing or old")
        return problem(request, "not_asked", state, status=403)
    record_proof(request, request.user, METHOD, reauthenticated=True)
    return HttpResponseRedirect(state.get("next") or resolve_url(settings.LOGIN_REDIRECT_URL))


def arrive_to_connect(request: HttpRequest, identity: Identity, state: dict[str, Any]) -> HttpResponse:
    """Let the identity stand for the person who left to connect it."""
    if not isinstance(request.user, User) or str(request.user.pk) != state["person"]:
        return problem(request, "stale", state, status=400)
    actor = Actor.person(request.user, Source.PROFILE, address=client_address(request))
    try:
        connect(identity, user=request.user, actor=actor, now=timezone.now())
    except ConnectedToAnother:
        return problem(request, "somebody_else", state, status=403, identity=identity)
    messages.success(request, _("Single sign-on was connected."))
    return HttpResponseRedirect(state["next"])


ARRIVALS = {"sign_in": arrive_to_sign_in, "confirm": arrive_to_confirm, "connect": arrive_to_connect}


def failed(request: HttpRequest, failure: Exception, state: dict[str, Any]) -> HttpResponse:
    """The page that says that the provider cannot be used now; only the log says why."""
    logger.warning("the OpenID Connect provider cannot be used: %s: %.300s", type(failure).__name__, failure)
    return problem(request, "unusable", state, status=503)


def problem(
    request: HttpRequest,
    kind: str,
    state: dict[str, Any] | None = None,
    *,
    status: int,
    identity: Identity | None = None,
) -> HttpResponse:
    """The page that says why it goes no further, and leads to where what the person left for is tried again."""
    left_for = state or {}
    target = left_for.get("next")
    context = {
        "problem": kind,
        "identity": identity,
        "confirms": left_for.get("process") == "confirm",
        "confirm_url": with_next(reverse("account_reauthenticate"), target),
        "sign_in_url": with_next(reverse("account_login"), target),
    }
    return render(request, "account/openid_problem.html", context, status=status)
