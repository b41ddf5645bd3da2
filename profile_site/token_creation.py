"""Creating a token of one's own, for an application that lets one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.forms.choosing import SEARCH
from accounts.http import SignedInRequest
from accounts.sign_in.decorators import recent_sign_in_required, signed_in_required
from profile_site.forms import PersonalTokenForm
from profile_site.tokens import OWN_TOKENS, creation_url, obstacle_to_creating, tokens_url
from reference_tokens.lifecycle.issuance import issue_pat
from reference_tokens.pages.creation import issue_as_asked, no_application, show_token_form
from reference_tokens.pages.form_links import fields_to_carry, prefiller_of, prefiller_of_choice

if TYPE_CHECKING:
    from datetime import datetime

# In a form that only chooses one of many applications.
CHOOSING = "choosing"


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_sign_in_required
def token_create(request: SignedInRequest) -> HttpResponse:
    """Ask what the token shall be, issue it, and show it this once."""
    now = timezone.now()
    if request.method != "POST":
        name, prefiller = request.GET.get("application", ""), prefiller_of(request)
        return show_form(request, PersonalTokenForm(None, user=request.user, now=now, prefiller=prefiller, name=name))
    if CHOOSING in request.POST:
        return show_form(request, form_for_choice(request, now))
    form = PersonalTokenForm(request.POST, user=request.user, now=now)
    if not form.is_valid():
        return show_form(request, form, status=422)
    issue = partial(issue_pat, user=request.user, application=form.cleaned_data["application"])
    show_again = partial(show_form, request, form)
    return issue_as_asked(request, OWN_TOKENS, form, issue, show_form_again=show_again, now=now)


def form_for_choice(request: SignedInRequest, now: datetime) -> PersonalTokenForm:
    """The form once an application is chosen; or the choice again, with what the words find."""
    name, words = request.POST.get("application", ""), request.POST.get(f"application{SEARCH}", "")
    form = PersonalTokenForm(
        None, user=request.user, now=now, prefiller=prefiller_of_choice(request), name=name, words=words
    )
    if form.asks_application and not words:
        form.notes.append(_("Choose the application this token is for."))
    return form


def show_form(request: SignedInRequest, form: PersonalTokenForm, *, status: int = 200) -> HttpResponse:
    """The form; or why there is nothing to choose."""
    choice: dict[str, Any] = {"choose_url": creation_url()} if form.are_many else {}
    if form.asks_application:
        choice["carried"] = fields_to_carry(request.POST or request.GET)
    elif form.are_many:
        choice["application_name"] = form.applications[0].name
        choice["application_uri"] = form.applications[0].application_uri
    return show_token_form(
        request,
        OWN_TOKENS,
        form,
        heading=_("New user access token"),
        lead=_("It acts as you, with the scopes that you choose."),
        submit_url=creation_url(),
        cancel_url=tokens_url(),
        status=status,
        **choice,
        **no_application(obstacle_to_creating(request.user)),
    )
