"""Creating a token of one's own, for an application that lets one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.forms.choosing import SEARCH
from accounts.http import SignedInRequest
from accounts.sign_in.decorators import recent_sign_in_required, signed_in_required
from profile_site.choices import choices_for
from profile_site.forms import PersonalTokenForm
from profile_site.tokens import OWN_TOKENS, creation_url, obstacle_to_creating, tokens_url
from reference_tokens.lifecycle.issuance import issue_pat
from reference_tokens.lists.search import WITHOUT_TOKEN
from reference_tokens.pages.issuing.creation import issue_as_asked, no_application, show_token_form
from reference_tokens.pages.issuing.form_links import CHOICE, fields_to_carry, prefiller_of, prefiller_of_choice

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import QueryDict

    from reference_tokens.pages.issuing.form_links import Prefiller

WORDS = f"application{SEARCH}"


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_sign_in_required
def token_create(request: SignedInRequest) -> HttpResponse:
    """Ask which application the token is for and what it shall be, issue it, and show it this once."""
    now = timezone.now()
    if request.method != "POST":
        return show_form(request, form_for_choice(request, request.GET, prefiller_of(request), now))
    if CHOICE in request.POST or request.POST.get(WORDS):
        return show_form(request, form_for_choice(request, request.POST, prefiller_of_choice(request.POST), now))
    form = PersonalTokenForm(request.POST, user=request.user, now=now)
    if not form.is_valid():
        return show_form(request, form, status=422)
    issue = partial(issue_pat, user=request.user, application=form.cleaned_data["application"])
    show_again = partial(show_form, request, form)
    return issue_as_asked(request, OWN_TOKENS, form, issue, show_form_again=show_again, now=now)


def form_for_choice(
    request: SignedInRequest, query: QueryDict, prefiller: Prefiller, now: datetime
) -> PersonalTokenForm:
    """The form of the application that is chosen, or the choice again; an empty one asks for another."""
    name = query.get(CHOICE, query.get("application", ""))
    return PersonalTokenForm(None, user=request.user, now=now, prefiller=prefiller, name=name)


def show_form(request: SignedInRequest, form: PersonalTokenForm, *, status: int = 200) -> HttpResponse:
    """The form; the choice of an application before it; or why there is nothing to choose."""
    obstacle = {} if form.chosen_application or form.are_several else obstacle_to_creating(request.user)
    return show_token_form(
        request,
        OWN_TOKENS,
        form,
        heading=_("New user access token"),
        lead="" if form.chosen_application else _("It acts as you, with the scopes that you choose."),
        submit_url=creation_url(),
        cancel_url=tokens_url(),
        status=status,
        **(fixed_application(request, form) if form.chosen_application else application_choice(request)),
        **no_application(obstacle),
    )


def fixed_application(request: SignedInRequest, form: PersonalTokenForm) -> dict[str, Any]:
    """The application that the rest of the form follows from, and the way to another."""
    return {
        "application": form.chosen_application,
        "acts_as": request.user.name_beside_others,
        "has_others": form.are_several,
    }


def application_choice(request: SignedInRequest) -> dict[str, Any]:
    """The applications to choose from, and what is carried on meanwhile."""
    words = request.POST.get(WORDS, "") or request.GET.get(WORDS, "")
    return choices_for(request.user, words) | {
        "choices_url": reverse("profile:choices_application"),
        "pattern": WITHOUT_TOKEN,
        "carried": fields_to_carry(request),
    }
