"""Profile → Security → Second factors: setting up an authenticator app; adding and naming a passkey."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from allauth.account.utils import get_next_redirect_url
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.forms.editing import opened_with, opening
from accounts.forms.resumed_form import resumed_values
from accounts.forms.submission import FormRefused, sent, submit
from accounts.http import SignedInRequest, actor_of
from accounts.second_factors import passkeys
from accounts.second_factors.authenticator_app import begin_setup, end_setup, pending_key, picture_of, step_of
from accounts.second_factors.factors import (
    APP,
    PASSKEY,
    HasOneAlready,
    TooManyPasskeys,
    add_app,
    add_passkey,
    factors_of,
    rename_passkey,
)
from accounts.second_factors.forms import NewAppForm, NewPasskeyForm, PasskeyNameForm
from accounts.sessions.user_agents import browser_in_words
from accounts.sign_in.confirmation import with_next
from accounts.sign_in.decorators import recent_factor_required, recent_sign_in_required, signed_in_required
from profile_site.pages import PROFILE
from profile_site.second_factors import after_adding


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
    form = NewAppForm(sent(request), step=partial(step_of, key))
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
    text = _("You have an authenticator app. Remove it before you set up another one.")
    return PROFILE.tell(request, text, url=reverse("profile:factor_list"), tone="")


@sensitive_variables("key", "fours")
def app_page(request: SignedInRequest, form: NewAppForm, key: str) -> HttpResponse:
    """The key as a picture and as text, and the field for the first code."""
    fours = " ".join(key[start : start + 4] for start in range(0, len(key), 4))
    return PROFILE.form(
        request,
        form,
        template="profile_site/app_form.html",
        heading=_("Set up authenticator app"),
        back_url=reverse("profile:factor_list"),
        back_label=_("Second factors"),
        submit_label=_("Set up app"),
        picture=picture_of(request.user, key),
        key=fours,
        target=get_next_redirect_url(request),
        status=422 if form.is_bound else 200,
    )


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
        known = {"name": browser_in_words(request.META.get("HTTP_USER_AGENT", ""))}
        form = NewPasskeyForm(None, initial=known | resumed_values(request, PasskeyNameForm))
    return PROFILE.form(
        request,
        form,
        template="profile_site/passkey_form.html",
        heading=_("Add passkey"),
        back_url=reverse("profile:factor_list"),
        back_label=_("Second factors"),
        submit_label=_("Add passkey"),
        passkey_options=json.dumps(passkeys.registration_options(request.user)),
        target=get_next_redirect_url(request),
        status=422 if form.is_bound else 200,
    )


@sensitive_variables("added")
def take_passkey(request: SignedInRequest, form: NewPasskeyForm) -> HttpResponse:
    """Store the passkey of a valid form."""
    actor, now = actor_of(request, Source.PROFILE), timezone.now()
    try:
        added = add_passkey(actor=actor, user=request.user, now=now, **form.cleaned_data)
    except TooManyPasskeys:
        text = _("You have the maximum number of passkeys. Remove one first.")
        return PROFILE.tell(request, text, url=reverse("profile:factor_list"), tone="bad")
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
    form = PasskeyNameForm(sent(request), initial=state | resumed_values(request, PasskeyNameForm))
    if request.method != "POST":
        return rename_page(request, form, **opening(request, state))
    actor, opened = actor_of(request, Source.PROFILE), opened_with(request)
    now = timezone.now()
    rename = partial(rename_passkey, actor=actor, user=request.user, factor_id=factor_id, opened=opened, now=now)
    try:
        is_renamed = submit(form, rename, by=request.user.name_beside_others)
    except FormRefused as refused:
        return rename_page(request, form, status=refused.status, **refused.context)
    if not is_renamed:
        raise Http404
    text = _("The passkey was renamed to %(name)s.") % form.cleaned_data
    return PROFILE.tell(request, text, url=reverse("profile:factor_list"))


def rename_page(request: SignedInRequest, form: PasskeyNameForm, *, status: int = 200, **edited: Any) -> HttpResponse:
    """The form with the name of a passkey, which its person alone changes."""
    return PROFILE.form(
        request,
        form,
        heading=_("Rename passkey"),
        back_url=reverse("profile:factor_list"),
        back_label=_("Second factors"),
        submit_label=_("Save name"),
        status=status,
        **edited,
    )
