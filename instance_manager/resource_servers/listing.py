"""Resource Servers: the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, OuterRef, Prefetch, Subquery
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.sign_in.decorators import administrator_required
from accounts.text.shortened_lists import shortened_list
from instance_manager.addresses import server_url
from instance_manager.pages import MANAGE
from instance_manager.searchable_lists import chosen_state, searchable_list
from reference_tokens.lists.search import without_token_in_search
from reference_tokens.lists.server_states import ServerState, servers_in_state
from reference_tokens.models import ResourceServer
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    from django.db.models import QuerySet

# A row and the page of a server name so many of its applications, and count the others.
MOST_NAMED_APPLICATIONS = 3


@require_safe
@administrator_required
@without_token_in_search
def resource_server_list(request: SignedInRequest) -> HttpResponse:
    """Every Resource Server by name, fifty a page."""
    narrowed = chosen_state(ServerState, request.GET)
    listed = searchable_list(
        with_applications(servers_in_state(narrowed.get("state", ""), timezone.now())),
        request.GET,
        label=_("Name or client id"),
        columns=("name", "client_id"),
        url=reverse("manage:resource_server_list"),
        narrowed=narrowed,
        states=ServerState,
    )
    count = listed.total
    context = {
        **listed.context,
        "servers": [server_row(server) for server in listed.shown],
        "count_label": ngettext("%(count)s Resource Server", "%(count)s Resource Servers", count.plural)
        % {"count": count},
        "create": {"url": reverse("manage:resource_server_create"), "label": _("Register Resource Server")},
        "empty": {
            "title": _("No Resource Servers yet"),
            "text": _("Register each API, or the proxy in front of it, that checks tokens."),
        },
    }
    return MANAGE.page(request, "instance_manager/resource_server_list.html", context)


def with_applications(servers: QuerySet[ResourceServer] | None = None) -> QuerySet[ResourceServer]:
    """These Resource Servers, or all, each with the first of its applications and their number."""
    same = ResourceServer.objects.filter(pk=OuterRef("pk")).order_by().values("pk")
    total = same.annotate(total=Count("applications")).values("total")
    first = Prefetch(
        "applications", TrustedApplication.objects.order_by("name", "pk")[:MOST_NAMED_APPLICATIONS], to_attr="first"
    )
    listed = ResourceServer.objects.all() if servers is None else servers
    return listed.annotate(application_count=Subquery(total)).prefetch_related(first)


def server_row(server: Any) -> dict[str, Any]:
    """A Resource Server as the list shows it."""
    return {
        "id": server.pk,
        "name": server.name,
        "client_id": server.client_id,
        "url": server_url(server.pk),
        "is_enabled": server.is_enabled,
        "applications_label": applications_label(server),
        "last_asked_at": server.last_asked_at,
    }


def applications_label(server: Any) -> str:
    """The applications that a server of `with_applications` may ask about, in a few words."""
    if server.asks_for_all_applications:
        return _("All applications")
    return shortened_list([application.name for application in server.first], server.application_count) or _("None")


def has_unnamed_applications(server: Any) -> bool:
    """Whether the server has more applications than the label names."""
    return not server.asks_for_all_applications and server.application_count > MOST_NAMED_APPLICATIONS
