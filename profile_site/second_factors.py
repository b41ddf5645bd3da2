"""Profile → Security → Second factors: what the person shows beside the password."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from allauth.account.utils import get_next_redirect_url
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from accounts.allauth_internals import record_factor
from accounts.audit.record import Source
from accounts.http import SignedInRequest, actor_of
from accounts.pages.site import Section
from accounts.people.access import SECOND_FACTORS
from accounts.second_factors import passkeys
from accounts.second_factors.factors import (
    APP,
    CODES,
    MOST_PASSKEYS,
    PASSKEY,
    Added,
    OnlyWayIn,
    codes_in_all,
    codes_left,
    factors_of,
    generate_codes,
    has_second_factor,
    remove_factor,
)
from accounts.sign_in.confirmation import with_next
from accounts.sign_in.decorators import recent_factor_required, signed_in_required
from profile_site.pages import PROFILE

if TYPE_CHECKING:
    from allauth.mfa.models import Authenticator

    from accounts.models import User


@require_safe
@signed_in_required
def factor_list(request: SignedInRequest) -> HttpResponse:
    """The person's second factors."""
    return PROFILE.page(request, "profile_site/factor_list.html", list_context(request))


def list_context(request: SignedInRequest) -> dict[str, Any]:
    """The section with the person's factors. A person who came from another page returns there after setting one up."""
    factors = list(factors_of(request.user))
    target = get_next_redirect_url(request)
    keys = [row(factor) for factor in factors if factor.type == PASSKEY]
    codes = next((factor for factor in factors if factor.type == CODES), None)
    return {
        "target": target,
        "app": next((row(factor) for factor in factors if factor.type == APP), None),
        "app_url": with_next(reverse("profile:app_add"), target),
        "passkeys": keys,
        "shows_passkeys": bool(keys) or passkeys.are_possible(),
        "passkey_url": with_next(reverse("profile:passkey_add"), target) if passkeys.are_possible() else "",
        "is_full": len(keys) >= MOST_PASSKEYS,
        "codes": codes and {"left": codes_left(codes), "created_at": codes.created_at},
        "codes_total": codes_in_all(),
        "codes_url": reverse("profile:codes_generate"),
        "has_factor": any(factor.type in SECOND_FACTORS for factor in factors),
        "is_required": is_required_of(request.user),
    }


def row(factor: Authenticator) -> dict[str, Any]:
    """A factor as the page shows it."""
    is_passkey = factor.type == PASSKEY
    return {
        "id": factor.pk,
        "name": factor.wrap().name if is_passkey else _("Authenticator app"),
        "signs_in_alone": is_passkey and factor.wrap().is_passwordless,
        "created_at": factor.created_at,
        "last_used_at": factor.last_used_at,
        "rename_url": reverse("profile:passkey_rename", args=[factor.pk]),
        "remove_url": reverse("profile:factor_remove", args=[factor.pk]),
    }


def is_required_of(user: User) -> bool:
    """Whether the Instance Manager asks this person for a second factor."""
    return bool(settings.REQUIRE_ADMIN_SECOND_FACTOR and user.is_administrator)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_factor_required
def factor_remove(request: SignedInRequest, factor_id: int) -> HttpResponse:
    """Ask whether to remove one of the person's own factors, or do it."""
    factor = factors_of(request.user).filter(pk=factor_id, type__in=SECOND_FACTORS).first()
    if factor is None:
        raise Http404
    name = row(factor)["name"]
    if request.method != "POST":
        return ask_to_remove(request, factor)
    actor = actor_of(request, Source.PROFILE)
    try:
        remove_factor(actor=actor, user=request.user, factor_id=factor_id, now=timezone.now())
    except OnlyWayIn:
        text = _("%(name)s was not removed: it is your only way to sign in. Set a password first.") % {"name": name}
        return tell_of_factors(request, text, tone="bad")
    return tell_of_factors(request, _("%(name)s was removed.") % {"name": name})


def ask_to_remove(request: SignedInRequest, factor: Authenticator) -> HttpResponse:
    """Ask before a factor is removed."""
    others = factors_of(request.user).filter(type__in=SECOND_FACTORS).exclude(pk=factor.pk)
    return PROFILE.ask(
        request,
        "partials/factor_question.html",
        heading=_("Remove the authenticator app?") if factor.type == APP else _("Remove this passkey?"),
        factor=row(factor),
        is_app=factor.type == APP,
        is_last=not others.exists(),
        is_required=is_required_of(request.user),
        cancel_url=reverse("profile:factor_list"),
    )


def tell_of_factors(request: SignedInRequest, text: str, *, tone: str = "ok") -> HttpResponse:
    """Say what became of a factor, beside the list as it is now."""
    section = Section("partials/factor_list.html", partial(list_context, request))
    return PROFILE.tell(request, text, url=reverse("profile:factor_list"), section=section, tone=tone)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_factor_required
@sensitive_variables("codes")
def codes_generate(request: SignedInRequest) -> HttpResponse:
    """Ask whether to make new recovery codes, or make them and show them this once."""
    if request.method != "POST":
        if not has_second_factor(request.user):
            text = _("Recovery codes replace a lost second factor. Set one up first.")
            return PROFILE.tell(request, text, url=reverse("profile:factor_list"), tone="")
        return ask_for_codes(request)
    codes = generate_codes(actor=actor_of(request, Source.PROFILE), user=request.user, now=timezone.now())
    return codes_page(request, codes, _("New recovery codes")) if codes else redirect("profile:factor_list")


def ask_for_codes(request: SignedInRequest) -> HttpResponse:
    """Ask before new recovery codes are made."""
    had_codes = factors_of(request.user).filter(type=CODES).exists()
    line = (
        _("Your current codes stop working at once. The new codes are shown only once: be ready to store them.")
        if had_codes
        else _("The codes are shown only once: be ready to store them.")
    )
    return PROFILE.ask(
        request,
        title=_("Generate recovery codes"),
        heading=_("Generate new recovery codes?"),
        lines=[line],
        submit_label=_("Generate codes"),
        keep_label=_("Keep codes") if had_codes else _("Cancel"),
        cancel_url=reverse("profile:factor_list"),
    )


@sensitive_variables("added", "codes")
def after_adding(request: SignedInRequest, added: Added, text: str) -> HttpResponse:
    """Go on with a new factor: it was shown in this session by that; the codes that came with it are shown now."""
    record_factor(request, added.factor, reauthenticated=True)
    if added.codes:
        return codes_page(request, added.codes, text)
    return PROFILE.tell(request, text, url=get_next_redirect_url(request) or reverse("profile:factor_list"))


@sensitive_variables("codes", "context")
def codes_page(request: SignedInRequest, codes: list[str], heading: str) -> HttpResponse:
    """The one time that the codes are seen."""
    context = {
        "heading": heading,
        "codes": "\n".join(f"{code[:4]} {code[4:]}" for code in codes),
        "count": len(codes),
        "done_url": get_next_redirect_url(request) or reverse("profile:factor_list"),
    }
    return PROFILE.page(request, "profile_site/recovery_codes.html", context)
