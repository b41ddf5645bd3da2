"""The applications of a Resource Server on pages of their own, however many they are."""

from __future__ import annotations

import uuid
from functools import partial

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit.record import Source
from accounts.forms.choosing import ChoosingForm
from accounts.http import SignedInRequest, actor_of
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import application_url, server_url
from instance_manager.choices import ApplicationsField, offer_others
from instance_manager.member_pages import member_addition, member_page, member_removal
from instance_manager.searchable_lists import searchable_list
from reference_tokens.lifecycle.resource_server_registration import change_applications
from reference_tokens.lists.search import without_token_in_search
from reference_tokens.models import ResourceServer
from trusted_apps.models import TrustedApplication


class AddApplicationsForm(ChoosingForm):
    """Applications to be added to those that a Resource Server may ask about."""

    applications = ApplicationsField(
        label=gettext_lazy("Trusted Applications"),
        error_messages={"required": gettext_lazy("Choose the applications to add.")},
    )


@require_safe
@administrator_required
@without_token_in_search
def server_applications(request: SignedInRequest, server_id: int) -> HttpResponse:
    """The applications that a Resource Server may ask about, fifty a page."""
    server = get_object_or_404(ResourceServer, pk=server_id)
    return applications_page(request, AddApplicationsForm(), server=server)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@without_token_in_search
@recent_sign_in_required
def server_application_add(request: SignedInRequest, server_id: int) -> HttpResponse:
    """Let a Resource Server ask about the tokens of more applications."""
    server = get_object_or_404(ResourceServer, pk=server_id)

    def add(applications: list[TrustedApplication]) -> str:
        actor = actor_of(request, Source.MANAGE)
        count = change_applications(actor=actor, server_id=server.pk, now=timezone.now(), added=applications)
        text = ngettext("%(count)d application was added.", "%(count)d applications were added.", count)
        return text % {"count": count}

    show = partial(applications_page, server=server)
    return member_addition(request, AddApplicationsForm, show=show, add=add, url=applications_url(server.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def server_application_remove(request: SignedInRequest, server_id: int, application_id: uuid.UUID) -> HttpResponse:
    """Ask whether to remove an application from a Resource Server, or do it."""
    server = get_object_or_404(ResourceServer, pk=server_id)
    application = get_object_or_404(TrustedApplication, pk=application_id)
    names = {"name": application.name, "server": server.name}

    def remove() -> str:
        actor = actor_of(request, Source.MANAGE)
        change_applications(actor=actor, server_id=server.pk, now=timezone.now(), removed=[application])
        return _("%(server)s may no longer ask about %(name)s.") % names

    return member_removal(
        request,
        heading=_("Remove %(name)s from %(server)s?") % names,
        consequence=_("Its tokens are inactive for this Resource Server from the next request on."),
        keep_label=_("Keep application"),
        remove=remove,
        url=applications_url(server.pk),
    )


def applications_page(
    request: SignedInRequest, form: AddApplicationsForm, *, server: ResourceServer, status: int = 200
) -> HttpResponse:
    """The list of a server's applications, under the form that adds some."""
    offer_others(form, "applications", server)
    listed = searchable_list(
        TrustedApplication.objects.filter(resource_servers=server),
        request.GET,
        label=_("Name or URI"),
        columns=("name", "application_uri"),
        url=applications_url(server.pk),
    )
    total = listed.total
    return member_page(
        request,
        form,
        listed,
        [application_member(application, server) for application in listed.shown],
        status=status,
        heading=_("Trusted Applications"),
        lead=_("It may ask about tokens of these applications. All other tokens are inactive for it."),
        note=asks_for_all_note(server) if server.asks_for_all_applications else None,
        back_url=server_url(server.pk),
        back_label=server.name,
        add_url=reverse("manage:server_application_add", args=[server.pk]),
        add_label=_("Add applications"),
        count_label=ngettext("%(count)s application", "%(count)s applications", total.plural) % {"count": total},
        empty={"title": _("No application"), "text": _("Add applications that it may ask about.")},
    )


def application_member(application: TrustedApplication, server: ResourceServer) -> dict[str, str]:
    """An application in the list of a server."""
    return {
        "name": application.name,
        "hint": application.application_uri,
        "url": application_url(application.pk),
        "remove_url": reverse("manage:server_application_remove", args=[server.pk, application.pk]),
    }


def asks_for_all_note(server: ResourceServer) -> dict[str, str]:
    """Why the list of a server that asks about all applications has no effect yet."""
    return {
        "title": _("It may ask about the tokens of every application"),
        "text": _("The list below takes effect when it may no longer ask about all."),
        "url": reverse("manage:resource_server_edit", args=[server.pk]),
        "link_label": _("Change it"),
    }


def applications_url(server_id: int) -> str:
    """The page of a Resource Server's applications."""
    return reverse("manage:server_applications", args=[server_id])
