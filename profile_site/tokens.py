"""A person's own tokens: the list, and the pages about one of them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField, Value
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.addresses import address_of
from accounts.audit.record import Source
from accounts.forms.submission import sent
from accounts.http import SignedInRequest, query_of
from accounts.sign_in.decorators import recent_sign_in_required, signed_in_required
from profile_site.pages import PROFILE
from reference_tokens.lists.filtering.counts import counted_choices
from reference_tokens.lists.filtering.form import TokenFilterForm
from reference_tokens.lists.filtering.offered import Offered, links_found, offered
from reference_tokens.lists.links import TokenLinks
from reference_tokens.lists.search import without_token_in_search
from reference_tokens.lists.section import list_section
from reference_tokens.lists.table.columns import HOLDER, KIND
from reference_tokens.lists.table.many_bar import many_bar
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.details import show_token, with_everything
from reference_tokens.pages.help.links import help_url
from reference_tokens.pages.renaming import ask_or_rename
from reference_tokens.pages.revocation import ask_or_revoke
from reference_tokens.pages.rotation import ask_or_end, ask_or_rotate
from reference_tokens.pages.saved_filters import SavedRow, ask_or_remove, ask_or_save, saved_filters, saved_rows
from reference_tokens.pages.token_site import TokenSite
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.models import User
    from reference_tokens.models import ReferenceTokenQuerySet

OWN_FILTERS = ("application", "scope")


def tokens_url() -> str:
    """The list of the person's tokens."""
    return reverse("profile:token_list")


def creation_url() -> str:
    """The form that creates one."""
    return reverse("profile:token_create")


def own_tokens(request: SignedInRequest) -> ReferenceTokenQuerySet:
    """The tokens that act as the person themselves, and no others."""
    return ReferenceToken.objects.held_by(request.user)


def own_filter_form(query: Mapping[str, str]) -> TokenFilterForm:
    """The filters that an address sets in the list of the person's tokens."""
    return TokenFilterForm(query, names=OWN_FILTERS, offered=Offered([]))


def own_list(
    request: SignedInRequest, _token: ReferenceToken | None, now: datetime, new_id: uuid.UUID | None = None
) -> dict[str, Any]:
    """The list section of the person's tokens."""
    query = {} if new_id else query_of(request, tokens_url())
    names, saved = open_names_and_saved(request.user)
    obstacle = {} if names else obstacle_to_creating(request.user)
    section = list_section(
        own_tokens(request),
        query,
        now,
        OWN_TOKENS.links,
        new_id,
        filters=OWN_FILTERS,
        without=[HOLDER, KIND],
        applications=used_applications(request, query),
        is_of_one_owner=True,
    )
    return {
        "create": {"url": creation_url(), "label": _("Create user access token")} | obstacle,
        "empty": {
            "title": _("No tokens yet"),
            "text": _(
                "Create one for a script or a tool that calls an API as you. Treat it like a password: "
                "never share, mail or commit it."
            ),
            "applications": names,
        },
        "many": many_bar(section, revoke="profile:tokens_revoke", shorten="profile:tokens_shorten"),
        "counts_url": reverse("profile:token_counts"),
        **saved_filters(PROFILE, saved, section["filters"].filters),
        **section,
    }


def open_names_and_saved(user: User) -> tuple[list[str], list[SavedRow]]:
    """The names of the first applications that the person may issue for, and their saved filters: in one query."""
    opened, no_id = open_applications(user), Value(None, BigIntegerField())
    names = opened.filter(pk__in=opened.values("pk")[:20]).order_by().values_list(no_id, "name", Value(""))
    rows: list[SavedRow] = list(saved_rows(user, PROFILE).union(names, all=True))
    return sorted(name for pk, name, _query in rows if pk is None), [row for row in rows if row[0] is not None]


def used_applications(request: SignedInRequest, query: Mapping[str, str]) -> Offered:
    """The applications of the person's tokens, for the filters of their list."""
    return offered(applications_of(request), query.get("application", ""), reverse("profile:choices_own"))


def applications_of(request: SignedInRequest) -> QuerySet[TrustedApplication]:
    """The applications for which the person has had a token, and no others."""
    return TrustedApplication.objects.filter(tokens__holder=request.user).distinct()


@require_safe
@signed_in_required
@without_token_in_search
def own_application_choices(request: SignedInRequest) -> HttpResponse:
    """Those of them that the words find, as the filter of the list offers them: twenty at the most."""
    links = links_found(
        applications_of(request), request.GET.get("application", ""), own_filter_form(request.GET).filters
    )
    return PROFILE.page(request, "partials/filter_links_answer.html", links._asdict())


@require_safe
@signed_in_required
@without_token_in_search
def own_counts(request: SignedInRequest) -> HttpResponse:
    """How many of the person's tokens each choice of the filters finds."""
    form = own_filter_form(request.GET)
    counts = counted_choices(own_tokens(request), form, timezone.now(), is_of_one_owner=True)
    return PROFILE.page(request, "partials/filter_counts.html", {"counts": counts})


OWN_TOKENS = TokenSite(
    site=PROFILE,
    source=Source.PROFILE,
    links=TokenLinks(
        detail="profile:token_detail",
        rename="profile:token_rename",
        revoke="profile:token_revoke",
        rotate="profile:token_rotate",
        rotates=ReferenceToken.Kind.PAT,
        end="profile:token_end",
    ),
    tokens=own_tokens,
    list_url=lambda _token: tokens_url(),
    list_context=own_list,
    check="profile:token_check",
)


@require_safe
@without_token_in_search
@signed_in_required
def token_list(request: SignedInRequest) -> HttpResponse:
    """The person's PATs, live or ended."""
    return PROFILE.page(request, "profile_site/token_list.html", own_list(request, None, timezone.now()))


@require_http_methods(["GET", "HEAD", "POST"])
@without_token_in_search
@signed_in_required
def filter_save(request: SignedInRequest) -> HttpResponse:
    """Keep what the list of the person's tokens is narrowed to, under a name."""
    form = TokenFilterForm(request.GET, names=OWN_FILTERS, offered=used_applications(request, request.GET))
    return ask_or_save(request, PROFILE, form, tokens_url())


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
def filter_remove(request: SignedInRequest, filter_id: int) -> HttpResponse:
    """Remove a saved filter of that list."""
    return ask_or_remove(request, PROFILE, filter_id, tokens_url())


@require_safe
@signed_in_required
def token_detail(request: SignedInRequest, token_id: uuid.UUID) -> HttpResponse:
    """One of the person's own PATs: everything recorded, its chain, its use and its events."""
    token = get_object_or_404(with_everything(own_tokens(request)), pk=token_id)
    return show_token(
        request,
        OWN_TOKENS,
        token,
        form_url=creation_url(),
        back_url=tokens_url(),
        back_label=_("Tokens"),
        reader=request.user,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
def token_rename(request: SignedInRequest, token_id: uuid.UUID) -> HttpResponse:
    """Ask what to call one of the person's own tokens, or do it."""
    return ask_or_rename(request, OWN_TOKENS, token_id)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_sign_in_required
def token_rotate(request: SignedInRequest, token_id: uuid.UUID) -> HttpResponse:
    """Ask how to rotate one of the person's own tokens, do it, and show the new value this once."""
    return ask_or_rotate(request, OWN_TOKENS, token_id)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
def token_end(request: SignedInRequest, replaced_id: uuid.UUID) -> HttpResponse:
    """Ask whether to end an old value of one of the person's own tokens, or do it."""
    return ask_or_end(request, OWN_TOKENS, replaced_id)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
def token_revoke(request: SignedInRequest, token_id: uuid.UUID) -> HttpResponse:
    """Ask whether to revoke one of the person's own tokens, or do it."""
    # Nobody asks people for a reason to revoke what is theirs.
    return ask_or_revoke(request, OWN_TOKENS, token_id, Form(sent(request)))


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
    said = {"reason": reason, "help_url": help_url("issuing", "no_application")}
    if not user.is_administrator:
        return said
    return said | {
        "reason_url": address_of("applications"),
        "reason_link_label": _("Go to Trusted Apps"),
    }
