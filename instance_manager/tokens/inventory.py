"""Tokens: every one of the instance."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from accounts.sign_in.decorators import administrator_required
from accounts.text.row_files import LABELS
from instance_manager.addresses import inventory_url
from instance_manager.pages import MANAGE
from instance_manager.tokens.lists import (
    INVENTORY_FILTERS,
    every_application,
    inventory_filter_form,
    inventory_section,
)
from reference_tokens.lists.filtering.counts import counted_choices
from reference_tokens.lists.filtering.form import TokenFilterForm
from reference_tokens.lists.filtering.offered import links_found
from reference_tokens.lists.search import without_token_in_search
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.saved_filters import ask_or_remove, ask_or_save
from trusted_apps.models import TrustedApplication


@require_safe
@without_token_in_search
@administrator_required
def inventory(request: SignedInRequest) -> HttpResponse:
    """Every token of the instance."""
    context = inventory_section(request.user, request.GET, timezone.now())
    fields = context["filters"].filters.hidden_fields
    context["export"] = {"url": reverse("manage:token_export"), "fields": fields, "formats": LABELS.items()}
    return MANAGE.page(request, "instance_manager/inventory.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@without_token_in_search
@administrator_required
def filter_save(request: SignedInRequest) -> HttpResponse:
    """Keep what the list of every token is narrowed to, under a name."""
    form = TokenFilterForm(request.GET, names=INVENTORY_FILTERS, offered=every_application(request.GET))
    return ask_or_save(request, MANAGE, form, inventory_url())


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
def filter_remove(request: SignedInRequest, filter_id: int) -> HttpResponse:
    """Remove a saved filter of that list."""
    return ask_or_remove(request, MANAGE, filter_id, inventory_url())


@require_safe
@administrator_required
@without_token_in_search
def application_choices(request: SignedInRequest) -> HttpResponse:
    """The applications that the words find, as the filter of a list offers them: twenty at the most."""
    filters = inventory_filter_form(request.GET).filters
    links = links_found(TrustedApplication.objects.all(), request.GET.get("application", ""), filters)
    return MANAGE.page(request, "partials/filter_links_answer.html", links._asdict())


@require_safe
@administrator_required
@without_token_in_search
def token_counts(request: SignedInRequest) -> HttpResponse:
    """How many tokens of the instance each choice of the filters finds."""
    form = inventory_filter_form(request.GET)
    counts = counted_choices(ReferenceToken.objects.all(), form, timezone.now())
    return MANAGE.page(request, "partials/filter_counts.html", {"counts": counts})
