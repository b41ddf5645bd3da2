"""The page of an application: its facts, then all of its tokens."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.models import User
from accounts.sign_in.decorators import administrator_required
from instance_manager.addresses import user_url
from instance_manager.applications.management_api import management_api
from instance_manager.applications.policy_words import POLICY_TEXTS, POLICY_TONES
from instance_manager.audit_log.last_events import last_events
from instance_manager.first_few import first_few
from instance_manager.pages import MANAGE
from instance_manager.tokens.all_tokens import all_tokens
from instance_manager.tokens.lists import application_counts, application_section
from instance_manager.tokens.site import ALL_TOKENS
from reference_tokens.lists.rows import ListedScope
from reference_tokens.lists.search import without_token_in_search
from reference_tokens.models.lifetime import maximum_days
from reference_tokens.pages.refusals import refusals_of_application
from trusted_apps.models import AccessTokensPolicy, TrustedApplication


@require_safe
@without_token_in_search
@administrator_required
def application_detail(request: SignedInRequest, application_id: uuid.UUID) -> HttpResponse:
    """One application: its facts, then every PAT and SAT issued for it."""
    application = get_object_or_404(TrustedApplication.objects.select_related("system_user"), pk=application_id)
    now = timezone.now()
    note = _("Changes of this application. The audit log has those of its tokens too.")
    context = {
        "application": application_facts(application),
        "management_api": management_api(application),
        "back_url": reverse("manage:application_list"),
        "back_label": _("Trusted Apps"),
        "all_tokens": all_tokens(application=str(application.pk)),
        "events": last_events(
            "application", str(application.pk), note, acts=False, application=application.application_uri
        ),
        "refusals": refusals_of_application(application, ALL_TOKENS, now),
        **application_section(application, request.GET, now),
    }
    return MANAGE.page(request, "instance_manager/application_detail.html", context)


@require_safe
@administrator_required
@without_token_in_search
def application_token_counts(request: SignedInRequest, application_id: uuid.UUID) -> HttpResponse:
    """How many of the tokens of an application each choice of the filters of their list finds."""
    application = get_object_or_404(TrustedApplication, pk=application_id)
    counts = application_counts(application, request.GET, timezone.now())
    return MANAGE.page(request, "partials/filter_counts.html", {"counts": counts})


def application_facts(application: TrustedApplication) -> dict[str, Any]:
    """The application as its page shows it."""
    policy = AccessTokensPolicy(application.access_tokens_policy)
    owners = first_few(
        application.owners.order_by("username"), reverse("manage:application_owners", args=[application.pk])
    )
    return {
        "name": application.name,
        "application_uri": application.application_uri,
        "description": application.description,
        "policy_label": str(policy),
        "policy_tone": POLICY_TONES[policy],
        "policy_text": POLICY_TEXTS[policy],
        "scopes": [ListedScope(name, is_effective=True) for name in application.scopes],
        "system_user": application.system_user and linked_user(application.system_user),
        "owners": [linked_user(owner) for owner in owners["first"]],
        "more_owners": owners["more"],
        "max_lifetime_days": maximum_days(application),
        "allows_tokens_without_expiry": application.allows_tokens_without_expiry,
        "allows_self_rotation": application.allows_self_rotation,
        "is_enabled": application.is_enabled,
        "edit_url": reverse("manage:application_edit", args=[application.pk]),
    }


def linked_user(user: User) -> dict[str, Any]:
    """A user with a link to their page."""
    return {"display_name": user.name_beside_others, "is_active": user.is_active, "url": user_url(user.pk)}
