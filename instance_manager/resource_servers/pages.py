"""Resource Servers in the hands of an administrator: who may ask about tokens, and their secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, Prefetch, Subquery, Sum
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit.record import Source
from accounts.forms.carried_over import typed_into
from accounts.forms.choosing import status_of
from accounts.forms.editing import conflict, opened_with, opening
from accounts.forms.versions import ChangedMeanwhile
from accounts.http import SignedInRequest, actor_of
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from accounts.text.some_names import some_of
from instance_manager.pages import page
from instance_manager.resource_servers.forms import ResourceServerForm
from instance_manager.resource_servers.snippets import snippets_for
from instance_manager.searchable_lists import searchable_list
from reference_tokens.lifecycle.resource_server_registration import (
    MAXIMUM_SECRETS,
    add_secret,
    create_resource_server,
    remove_secret,
    server_settings,
    update_resource_server,
)
from reference_tokens.lists.search import without_token_in_search
from reference_tokens.models import AnswerCount, ResourceServer
from reference_tokens.pages.dialogs import refused_because
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    from django.db.models import QuerySet

LIST_URL = "/manage/security/resource-servers/"
# What a row and the page of a server name of its applications; the others are counted.
NAMED = 3


@require_safe
@administrator_required
@without_token_in_search
def resource_server_list(request: SignedInRequest) -> HttpResponse:
    """Every Resource Server by name, fifty a page."""
    listed = searchable_list(
        with_applications(),
        request.GET,
        label=_("Name or client id"),
        columns=("name", "client_id"),
        url=LIST_URL,
    )
    count = listed.total
    context = {
        **listed.context,
        "servers": [row(server) for server in listed.shown],
        "count_label": ngettext("%(count)s Resource Server", "%(count)s Resource Servers", count.plural)
        % {"count": count},
        "create": {"url": f"{LIST_URL}new/", "label": _("Register Resource Server")},
        "empty": {
            "title": _("No Resource Servers yet"),
            "text": _("Register each API, or the proxy in front of it, that asks whether a token is good."),
        },
    }
    return page(request, "instance_manager/resource_server_list.html", context)


def with_applications() -> QuerySet[ResourceServer]:
    """The Resource Servers, each with the first of its applications and how many it has, however many those are."""
    same = ResourceServer.objects.filter(pk=OuterRef("pk")).order_by().values("pk")
    total = same.annotate(total=Count("applications")).values("total")
    first = Prefetch("applications", TrustedApplication.objects.order_by("name", "pk")[:NAMED], to_attr="first")
    return ResourceServer.objects.annotate(application_count=Subquery(total)).prefetch_related(first)


def row(server: Any) -> dict[str, Any]:
    """A Resource Server as the list shows it."""
    return {
        "id": server.pk,
        "name": server.name,
        "client_id": server.client_id,
        "url": detail_url(server.pk),
        "is_enabled": server.is_enabled,
        "applications_label": applications_label(server),
        "last_asked_at": server.last_asked_at,
    }


def applications_label(server: Any) -> str:
    """What a Resource Server may ask about, in a few words; of one that `with_applications` found."""
    if server.asks_for_all_applications:
        return _("All applications")
    return some_of([application.name for application in server.first], server.application_count) or _("None")


def has_more(server: Any) -> bool:
    """Whether the server has more applications than the label names."""
    return not server.asks_for_all_applications and server.application_count > NAMED


@require_safe
@administrator_required
def resource_server_detail(request: SignedInRequest, server_id: int) -> HttpResponse:
    """One Resource Server: its facts, its secrets, what it was answered, and how to set it up."""
    server = get_object_or_404(with_applications(), pk=server_id)
    return page(request, "instance_manager/resource_server_detail.html", detail_context(server))


def detail_context(server: Any) -> dict[str, Any]:
    """What the page of a Resource Server shows."""
    stored = list(server.secrets.order_by("created_at"))
    return {
        "server": server,
        "applications_label": applications_label(server),
        "applications_url": f"{detail_url(server.pk)}applications/" if has_more(server) else "",
        "edit_url": f"{detail_url(server.pk)}edit/",
        "back_url": LIST_URL,
        "back_label": _("Resource Servers"),
        "secrets": [
            {
                "id": secret.pk,
                "hint": secret.hint,
                "created_at": secret.created_at,
                "remove_url": f"{detail_url(server.pk)}secrets/{secret.pk}/remove/" if len(stored) > 1 else "",
            }
            for secret in stored
        ],
        "add_secret_url": f"{detail_url(server.pk)}secrets/new/" if len(stored) < MAXIMUM_SECRETS else "",
        "answers": answers(server),
        "snippets": snippets_for(server.client_id),
    }


def answers(server: ResourceServer) -> list[dict[str, Any]]:
    """How often the server was given each answer, the most frequent first."""
    counts = AnswerCount.objects.filter(client_id=server.client_id).order_by().values_list("outcome")
    totals = sorted(counts.annotate(total=Sum("count")), key=lambda pair: -pair[1])
    return [
        {"outcome": outcome.replace("_", " "), "total": number_format(total, force_grouping=True)}
        for outcome, total in totals
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@sensitive_variables("secret")
def resource_server_create(request: SignedInRequest) -> HttpResponse:
    """Register a Resource Server, and show its secret this once."""
    now = timezone.now()
    if request.method != "POST":
        return form_page(request, ResourceServerForm(initial=typed_into(request, ResourceServerForm)))
    form = ResourceServerForm(request.POST)
    if not form.is_valid():
        return form_page(request, form, status=422)
    try:
        server, secret = create_resource_server(actor=actor_of(request, Source.MANAGE), now=now, **form.cleaned_data)
    except ValidationError as error:
        form.add_error(None, refused_because(error))
        return form_page(request, form, status=422)
    return secret_page(request, server, secret)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def resource_server_edit(request: SignedInRequest, server_id: int) -> HttpResponse:
    """Change a Resource Server, or disable it: it is refused from its next question on."""
    server = get_object_or_404(ResourceServer, pk=server_id)
    if request.method != "POST":
        # The version first: what changes between the two is told then, and not undone.
        version = opening(request, server_settings(server))
        form = ResourceServerForm(instance=server, initial=typed_into(request, ResourceServerForm))
        return form_page(request, form, **version)
    form = ResourceServerForm(request.POST, instance=server)
    if not form.is_valid():
        return form_page(request, form, status=422)
    asked: dict[str, Any] = {"server_id": server_id, "opened": opened_with(request)} | form.cleaned_data
    try:
        update_resource_server(actor=actor_of(request, Source.MANAGE), now=timezone.now(), **asked)
    except ChangedMeanwhile as changed:
        return form_page(request, form, status=409, **conflict(changed, form))
    except ValidationError as error:
        form.add_error(None, refused_because(error))
        return form_page(request, form, status=422)
    messages.success(request, _("The changes to %(name)s were saved.") % {"name": form.cleaned_data["name"]})
    return HttpResponseRedirect(detail_url(server_id))


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@sensitive_variables("secret")
def secret_add(request: SignedInRequest, server_id: int) -> HttpResponse:
    """Ask whether to add a second secret, or do it and show it this once."""
    server = get_object_or_404(ResourceServer, pk=server_id)
    if request.method != "POST":
        return question(
            request,
            server,
            heading=_("Add a second secret"),
            text=_("Both secrets are good until you remove one, so that the API can change without a gap."),
            submit_label=_("Add secret"),
        )
    try:
        _stored, secret = add_secret(actor=actor_of(request, Source.MANAGE), server_id=server_id, now=timezone.now())
    except ValidationError as error:
        messages.error(request, refused_because(error))
        return HttpResponseRedirect(detail_url(server_id))
    return secret_page(request, server, secret)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def secret_remove(request: SignedInRequest, server_id: int, secret_id: int) -> HttpResponse:
    """Ask whether to remove a secret, or do it."""
    server = get_object_or_404(ResourceServer, pk=server_id)
    if request.method != "POST":
        secret = get_object_or_404(server.secrets, pk=secret_id)
        return question(
            request,
            server,
            heading=_("Remove the secret %(hint)s") % {"hint": secret.hint},
            text=_("Whoever still asks with it is refused at once. This cannot be undone."),
            submit_label=_("Remove secret"),
            is_dangerous=True,
        )
    actor = actor_of(request, Source.MANAGE)
    try:
        if remove_secret(actor=actor, server_id=server_id, secret_id=secret_id, now=timezone.now()):
            messages.success(request, _("The secret was removed."))
        else:
            messages.info(request, _("This secret is not there any more."))
    except ValidationError as error:
        messages.error(request, refused_because(error))
    return HttpResponseRedirect(detail_url(server_id))


def question(request: SignedInRequest, server: ResourceServer, **context: Any) -> HttpResponse:
    """Ask before something is done to a secret."""
    address = {"submit_url": request.path, "cancel_url": detail_url(server.pk), "server": server}
    return page(request, "instance_manager/resource_server_question.html", address | context)


@sensitive_variables("secret", "context")
def secret_page(request: SignedInRequest, server: ResourceServer, secret: str) -> HttpResponse:
    """The one answer that holds the secret (T22)."""
    context = {"server": server, "plaintext": secret, "done_url": detail_url(server.pk)}
    return page(request, "instance_manager/resource_server_secret.html", context)


def form_page(request: SignedInRequest, form: ResourceServerForm, *, status: int = 200, **edited: Any) -> HttpResponse:
    """The form of a new or a known Resource Server."""
    known = form.instance if form.instance.pk else None
    back_url = detail_url(known.pk) if known else LIST_URL
    context = {
        "form": form,
        "heading": _("Edit Resource Server") if known else _("New Resource Server"),
        "back_url": back_url,
        "back_label": form.initial.get("name") if known else _("Resource Servers"),
        "submit_url": request.path,
        "cancel_url": back_url,
        "submit_label": _("Save changes") if known else _("Register Resource Server"),
    }
    return page(request, "instance_manager/resource_server_form.html", context | edited, status=status_of(form, status))


def detail_url(server_id: int) -> str:
    """The page of a Resource Server."""
    return f"{LIST_URL}{server_id}/"
