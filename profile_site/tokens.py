"""A person's own tokens: the list, creating one, revoking one."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.addresses import address_of
from accounts.audit.record import Source
from accounts.forms.choosing import SEARCH
from accounts.forms.fingerprints import SetChanged
from accounts.http import SignedInRequest, actor_of, moved_to, query_of, wants_partial
from accounts.sign_in.decorators import recent_sign_in_required, signed_in_required
from profile_site.forms import PersonalTokenForm
from profile_site.pages import page
from reference_tokens.lifecycle.issuance import AlreadyIssued, IssuingRefused, issue_pat
from reference_tokens.lists.links import TokenLinks
from reference_tokens.lists.search import without_token_in_search
from reference_tokens.lists.section import APPLICATIONS_READ, list_section
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.dialogs import (
    already_issued,
    question_urls,
    refused_because,
    revocation_question,
    revoked_as_asked,
    shown_once,
    token_request_of,
)
from reference_tokens.pages.form_links import fields_to_carry, prefiller_of, prefiller_of_choice
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.models import User

# In a form that only chooses one of many applications.
CHOOSING = "choosing"
LINKS = TokenLinks(
    detail="profile:token_detail",
    revoke="profile:token_revoke",
    rotate="profile:token_rotate",
    rotates=ReferenceToken.Kind.PAT,
    end="profile:token_end",
)


@require_safe
@without_token_in_search
@signed_in_required
@vary_on_headers("HX-Request")
def token_list(request: SignedInRequest) -> HttpResponse:
    """The person's PATs, live or ended."""
    return page(request, "profile_site/token_list.html", list_context(request, timezone.now()))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_sign_in_required
@vary_on_headers("HX-Request")
def token_create(request: SignedInRequest) -> HttpResponse:
    """Ask what the token shall be, issue it, and show it this once."""
    now = timezone.now()
    known: dict[str, Any] = {"user": request.user, "now": now}
    if request.method != "POST":
        name = request.GET.get("application", "")
        return form_page(request, PersonalTokenForm(None, prefiller=prefiller_of(request), name=name, **known))
    if CHOOSING in request.POST:
        known |= {"name": request.POST.get("application", ""), "words": request.POST.get(f"application{SEARCH}", "")}
        form = PersonalTokenForm(None, prefiller=prefiller_of_choice(request), **known)
        if form.asks_application and not known["words"]:
            form.notes.append(_("Choose the application this token is for."))
        return form_page(request, form)
    form = PersonalTokenForm(request.POST, **known)
    if not form.is_valid():
        return form_page(request, form, status=422)
    return issue(request, form, now)


@sensitive_variables("issued", "context")
def issue(request: SignedInRequest, form: PersonalTokenForm, now: datetime) -> HttpResponse:
    """Issue what a valid form asks for."""
    actor = actor_of(request, Source.PROFILE)
    try:
        token_request = token_request_of(form, request.POST)
        application = form.cleaned_data["application"]
        issued = issue_pat(
            actor=actor, user=request.user, application=application, token_request=token_request, now=now
        )
    except AlreadyIssued as already:
        context = already_issued(
            already.token,
            request.POST,
            now,
            submit_url=reverse("profile:token_create"),
            cancel_url=reverse("profile:token_list"),
        )
        return create_page(request, "already_issued", context)
    except (IssuingRefused, ValidationError) as refused:
        form.add_error(None, refused_because(refused))
        return form_page(request, form, status=422)
    context = shown_once(issued, now, done_url=reverse("profile:token_list")) | list_context(
        request, now, new_id=issued.token.pk
    )
    return create_page(request, "shown_once", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@vary_on_headers("HX-Request")
def token_revoke(request: SignedInRequest, token_id: uuid.UUID) -> HttpResponse:
    """Ask whether to revoke one of the person's own tokens, or do it."""
    now = timezone.now()
    own = ReferenceToken.objects.held_by(request.user).select_related("application", "holder", "last_used_server")
    token = get_object_or_404(own, pk=token_id)
    urls = question_urls(request, LINKS, token.pk, list_url=reverse("profile:token_list"))
    if request.method != "POST":
        return revocation_page(request, revocation_question(token, now, urls, asks_reason=False))
    try:
        text = revoked_as_asked(token, request.POST, actor=actor_of(request, Source.PROFILE), now=now)
    except SetChanged:
        question = revocation_question(token, now, urls, asks_reason=False, sent=request.POST, has_changed=True)
        return revocation_page(request, question, status=409)
    if wants_partial(request) and urls["cancel_url"] == reverse("profile:token_list"):
        return page(request, "partials/token_list_changed.html", list_context(request, now) | {"toast": text})
    messages.success(request, text)
    return moved_to(request, urls["cancel_url"])


def revocation_page(request: SignedInRequest, question: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """The question before a revocation, in the dialog or on a page of its own."""
    template = "partials/token_revoke.html" if wants_partial(request) else "profile_site/token_revoke.html"
    return page(request, template, question, status=status)


def list_context(request: SignedInRequest, now: datetime, new_id: uuid.UUID | None = None) -> dict[str, Any]:
    """The list section of the person's tokens."""
    tokens = ReferenceToken.objects.held_by(request.user)
    query = {} if new_id else query_of(request, reverse("profile:token_list"))
    names = list(open_applications(request.user).values_list("name", flat=True)[:20])
    obstacle = {} if names else obstacle_to_creating(request.user)
    used = TrustedApplication.objects.filter(tokens__holder=request.user).distinct().order_by("name", "pk")
    return {
        "create": {"url": reverse("profile:token_create"), "label": _("Create user access token")} | obstacle,
        "empty": {
            "title": _("No tokens yet"),
            "text": _(
                "Create one when a script or a tool calls an API as you. Treat it like a password: never share it, "
                "mail it or commit it."
            ),
            "applications": names,
        },
        **list_section(tokens, query, now, LINKS, new_id, applications=used[:APPLICATIONS_READ]),
    }


def open_applications(user: User) -> QuerySet[TrustedApplication]:
    """The applications that the person may issue for, by name."""
    return TrustedApplication.objects.open_to(user).order_by("name", "id")


def obstacle_to_creating(user: User) -> dict[str, str]:
    """Why the person cannot issue a token at all, and who can change that; nothing where they can."""
    if open_applications(user).exists():
        return {}
    reason = _(
        "No application lets you issue access tokens. An administrator can change an application's AccessTokens policy."
    )
    if not user.is_administrator:
        return {"reason": reason}
    return {
        "reason": reason,
        "reason_url": address_of("applications"),
        "reason_link_label": _("Go to Trusted Apps"),
    }


def form_page(request: SignedInRequest, form: PersonalTokenForm, *, status: int = 200) -> HttpResponse:
    """The form, in the dialog or on a page of its own; or why there is nothing to choose."""
    context: dict[str, Any] = {
        "form": form,
        "submit_url": reverse("profile:token_create"),
        "cancel_url": reverse("profile:token_list"),
        "heading": _("New user access token"),
        "lead": _("It acts as you, limited to the scopes you choose."),
    }
    if form.are_many:
        context["choose_url"] = reverse("profile:token_create")
    if form.asks_application:
        context["carried"] = fields_to_carry(request.POST or request.GET)
    elif form.are_many:
        context["application_name"] = form.applications[0].name
        context["application_uri"] = form.applications[0].application_uri
    obstacle = obstacle_to_creating(request.user)
    if obstacle:
        context["no_application"] = {
            "text": obstacle["reason"],
            "url": obstacle.get("reason_url", ""),
            "link_label": obstacle.get("reason_link_label", ""),
        }
    return create_page(request, "form", context, status=status)


def create_page(request: SignedInRequest, body: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A step of creating a token: "form", "already_issued" or "shown_once"."""
    template = f"partials/token_{body}.html" if wants_partial(request) else "profile_site/token_create.html"
    if wants_partial(request) and body == "shown_once":
        template = "partials/token_created.html"
    return page(request, template, context | {"body": body}, status=status)
