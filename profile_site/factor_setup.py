"""Profile → Security → Second factors: setting up an authenticator app; adding and naming a passkey."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from allauth.account.utils import get_next_redirect_url
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.forms.carried_over import typed_into
from accounts.forms.editing import conflict, opened_with, opening
from accounts.forms.versions import ChangedMeanwhile
from accounts.http import SignedInRequest, actor_of
from accounts.second_factors import passkeys
from accounts.second_factors.authenticator_app import begin_setup, end_setup, pending_key, picture_of, step_of
from accounts.second_factors.factors import (
    APP,
    PASSKEY,
    HasOneAlready,
    TooMany,
    add_app,
    add_passkey,
    factors_of,
    rename_passkey,
)
from accounts.second_factors.forms import NewAppForm, NewPasskeyForm, PasskeyNameForm
from accounts.sessions.user_agents import in_words
from accounts.sign_in.confirmation import with_next
from accounts.sign_in.decorators import recent_factor_required, recent_sign_in_required, signed_in_required
from profile_site.pages import page
from profile_site.second_factors import LIST_URL, after_adding


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_factor_required
@sensitive_variables("key", "added")
def app_add(request: SignedInRequest) -> HttpResponse:
    """Show the key for an authenticator app, or take the first code of it."""
    if factors_of(request.user).filter(type=APP).exists():
        return has_app_already(request)
    key = pending_key(request) if request.method == "POST" else begin_setup(request)
    if key is None:
        # The session that the key waited in has ended meanwhile.
        return HttpResponseRedirect(with_next(request.path, get_next_redirect_url(request)))
    form = NewAppForm(request.POST if request.method == "POST" else None, step=partial(step_of, key))
    if not form.is_valid():
        return app_page(request, form, key)
    actor, step = actor_of(request, Source.PROFILE), form.cleaned_data["code"]
    try:
        added = add_app(actor=actor, user=request.user, key=key, step=step, now=timezone.now())
    except HasOneAlready:
        return has_app_already(request)
    end_setup(request)
    return after_adding(request, added, _("Authenticator app set up"))


def has_app_already(request: SignedInRequest) -> HttpResponse:
    """Where there is an app, no second one is set up."""
    messages.info(request, _("You have an authenticator app. Remove it before you set up another one."))
    return HttpResponseRedirect(LIST_URL)


@sensitive_variables("key", "context")
def app_page(request: SignedInRequest, form: NewAppForm, key: str) -> HttpResponse:
    """The key as a picture and as text, and the field for the first code."""
    context = {
        "form": form,
        "picture": picture_of(request.user, key),
        "key": " ".join(key[start : start + 4] for start in range(0, len(key), 4)),
        "target": get_next_redirect_url(request),
        "cancel_url": LIST_URL,
    }
    return page(request, "profile_site/app_form.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_factor_required
def passkey_add(request: SignedInRequest) -> HttpResponse:
    """Ask the browser for a new passkey, or take the one that it made."""
    if not passkeys.are_possible():
        raise Http404
    if request.method == "POST":
        form = NewPasskeyForm(request.POST)
        if form.is_valid():
            return take_passkey(request, form)
    else:
        known = {"name": in_words(request.META.get("HTTP_USER_AGENT", ""))}
        form = NewPasskeyForm(None, initial=known | typed_into(request, PasskeyNameForm))
    context = {
        "form": form,
        "passkey_options": json.dumps(passkeys.registration_options(request.user)),
        "target": get_next_redirect_url(request),
        "cancel_url": LIST_URL,
    }
    return page(request, "profile_site/passkey_form.html", context, status=422 if form.is_bound else 200)


@sensitive_variables("added")
def take_passkey(request: SignedInRequest, form: NewPasskeyForm) -> HttpResponse:
    """Store the passkey of a valid form."""
    actor, now = actor_of(request, Source.PROFILE), timezone.now()
    try:
        added = add_passkey(actor=actor, user=request.user, now=now, **form.cleaned_data)
    except TooMany:
        messages.error(request, _("You have as many passkeys as there can be. Remove one first."))
        return HttpResponseRedirect(LIST_URL)
    return after_adding(request, added, _("Passkey added"))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_sign_in_required
def passkey_rename(request: SignedInRequest, factor_id: int) -> HttpResponse:
    """Give one of the person's own passkeys another name."""
    factor = factors_of(request.user).filter(pk=factor_id, type=PASSKEY).first()
    if factor is None:
        raise Http404
    state = {"name": factor.wrap().name}
    form = PasskeyNameForm(
        request.POST if request.method == "POST" else None, initial=state | typed_into(request, PasskeyNameForm)
    )
    if request.method != "POST":
        return rename_page(request, form, **opening(request, state))
    if not form.is_valid():
        return rename_page(request, form, status=422)
    asked: dict[str, Any] = {"factor_id": factor_id, "opened": opened_with(request)} | form.cleaned_data
    try:
        actor = actor_of(request, Source.PROFILE)
        if not rename_passkey(actor=actor, user=request.user, now=timezone.now(), **asked):
            raise Http404
    except ChangedMeanwhile as changed:
        return rename_page(request, form, status=409, **conflict(changed, form, by=request.user.name_beside_others))
    messages.success(request, _("The passkey is called %(name)s now.") % form.cleaned_data)
    return HttpResponseRedirect(LIST_URL)


def rename_page(request: SignedInRequest, form: PasskeyNameForm, *, status: int = 200, **edited: Any) -> HttpResponse:
    """The form with the name of a passkey, which its person alone changes."""
    context: dict[str, Any] = {
        "form": form,
        "heading": _("Rename passkey"),
        "back_label": _("Second factors"),
        "cancel_url": LIST_URL,
        "submit_label": _("Save name"),
        **edited,
    }
    return page(request, "profile_site/personal_info_form.html", context, status=status)
