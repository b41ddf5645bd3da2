"""The page of a Resource Server."""

from __future__ import annotations

from typing import Any

from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.sign_in.decorators import administrator_required
from accounts.text.numbers import grouped_number
from instance_manager.audit_log.last_events import last_events
from instance_manager.pages import MANAGE
from instance_manager.resource_servers.listing import applications_label, has_unnamed_applications, with_applications
from instance_manager.resource_servers.snippets import snippets_for
from instance_manager.tokens.all_tokens import all_tokens
from instance_manager.tokens.site import ALL_TOKENS
from reference_tokens.models import AnswerCount, ResourceServer
from reference_tokens.models.resource_servers import MAXIMUM_SECRETS
from reference_tokens.pages.refusals import refusals_for_server
from reference_tokens.validation.reasons import why_in_words


@require_safe
@administrator_required
def resource_server_detail(request: SignedInRequest, server_id: int) -> HttpResponse:
    """One Resource Server: its facts, its secrets, the answers it was given, and configurations for it."""
    server = get_object_or_404(with_applications(), pk=server_id)
    return MANAGE.page(request, "instance_manager/resource_server_detail.html", server_context(server))


def server_context(server: Any) -> dict[str, Any]:
    """The context of the page of a Resource Server."""
    stored = list(server.secrets.order_by("created_at"))
    note = _("Actions by and about this Resource Server")
    return {
        "server": server,
        "applications_label": applications_label(server),
        "applications_url": reverse("manage:server_applications", args=[server.pk])
        if has_unnamed_applications(server)
        else "",
        "all_tokens": all_tokens(server=server.client_id),
        "edit_url": reverse("manage:resource_server_edit", args=[server.pk]),
        "back_url": reverse("manage:resource_server_list"),
        "back_label": _("Resource Servers"),
        "secrets": [
            {
                "id": secret.pk,
                "hint": secret.hint,
                "created_at": secret.created_at,
                "remove_url": reverse("manage:secret_remove", args=[server.pk, secret.pk]) if len(stored) > 1 else "",
            }
            for secret in stored
        ],
        "add_secret_url": reverse("manage:secret_add", args=[server.pk]) if len(stored) < MAXIMUM_SECRETS else "",
        "answers": answer_totals(server),
        "events": last_events("resource_server", server.client_id, note, server=server.client_id),
        "refusals": refusals_for_server(server, ALL_TOKENS, timezone.now()),
        "snippets": snippets_for(server.client_id),
    }


def answer_totals(server: ResourceServer) -> list[dict[str, Any]]:
    """The number of times the server was given each answer, the most frequent first."""
    counts = AnswerCount.objects.filter(client_id=server.client_id).order_by().values_list("outcome")
    totals = sorted(counts.annotate(total=Sum("count")), key=lambda pair: -pair[1])
    return [{"outcome": answer_in_words(outcome), "total": grouped_number(total)} for outcome, total in totals]


def answer_in_words(outcome: str) -> str:
    """What the server was answered; of a refusal, why."""
    return _("Accepted.") if outcome == AnswerCount.ACCEPTED else why_in_words(outcome)
