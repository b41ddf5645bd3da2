"""The applications of a Resource Server on pages of their own: found, added and taken out, however many they are."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.audit.record import Source
from accounts.forms.choosing import ChoosingForm
from accounts.forms.resumed_form import resumed_values
from accounts.http import SignedInRequest, actor_of, moved_to
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import application_url, server_url
from instance_manager.choices import ApplicationsField
from instance_manager.member_pages import member_page
from instance_manager.questions import done, question
from instance_manager.searchable_lists import searchable_list
from reference_tokens.lifecycle.resource_server_registration import change_applications
from reference_tokens.lists.search import without_token_in_search
from reference_tokens.models import ResourceServer
from reference_tokens.pages.dialogs import refused_because
from trusted_apps.models import TrustedApplication


class AddForm(ChoosingForm):
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
    return applications_page(request, get_object_or_404(ResourceServer, pk=server_id), AddForm())


def applications_page(
    request: SignedInRequest, server: ResourceServer, form: AddForm, *, status: int = 200
) -> HttpResponse:
    """The page, with the form that adds some."""
    url = applications_url(server.pk)
    rows = TrustedApplication.objects.filter(resource_servers=server)
    columns = ("name", "application_uri")
    listed = searchable_list(rows, request.GET, label=_("Name or URI"), columns=columns, url=url)
    total = listed.total
    asks_for_all = {
        "title": _("It may ask about the tokens of every application"),
        "text": _("Those below count once that is taken from it."),
        "url": reverse("manage:resource_server_edit", args=[server.pk]),
        "link_label": _("Change it"),
    }
    return member_page(
        request,
        listed,
        [
            {
                "name": application.name,
                "hint": application.application_uri,
                "url": application_url(application.pk),
                "remove_url": reverse("manage:server_application_remove", args=[server.pk, application.pk]),
            }
            for application in listed.shown
        ],
        form,
        status=status,
        url=url,
        heading=_("Trusted Applications"),
        lead=_("It learns about the tokens of these; any other token is inactive for it."),
        note=asks_for_all if server.asks_for_all_applications else None,
        back_url=server_url(server.pk),
        back_label=server.name,
        add_label=_("Add applications"),
        count_label=ngettext("%(count)s application", "%(count)s applications", total.plural) % {"count": total},
        empty={"title": _("No application"), "text": _("Add those whose tokens it may ask about.")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@without_token_in_search
@recent_sign_in_required
def server_application_add(request: SignedInRequest, server_id: int) -> HttpResponse:
    """Let a Resource Server ask about the tokens of some more applications."""
    server = get_object_or_404(ResourceServer, pk=server_id)
    if request.method != "POST":
        return applications_page(request, server, AddForm(initial=resumed_values(request, AddForm)))
    form = AddForm(request.POST)
    if not form.is_valid():
        return applications_page(request, server, form, status=422)
    chosen = form.cleaned_data["applications"]
    actor = actor_of(request, Source.MANAGE)
    count = change_applications(actor=actor, server_id=server_id, now=timezone.now(), added=chosen)
    text = ngettext("%(count)d application was added.", "%(count)d applications were added.", count)
    return done(request, applications_url(server_id), text % {"count": count})


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@vary_on_headers("HX-Request")
def server_application_remove(request: SignedInRequest, server_id: int, application_id: uuid.UUID) -> HttpResponse:
    """Ask whether to take an application from a Resource Server, or do it."""
    server = get_object_or_404(ResourceServer, pk=server_id)
    application = get_object_or_404(TrustedApplication, pk=application_id)
    url = applications_url(server_id)
    if request.method != "POST":
        return question(
            request,
            heading=_("Take %(name)s from %(server)s?") % {"name": application.name, "server": server.name},
            lines=[_("From the next question on, its tokens are inactive for this Resource Server.")],
            submit_label=_("Take out"),
            keep_label=_("Keep the application"),
            is_dangerous=True,
            cancel_url=url,
        )
    actor = actor_of(request, Source.MANAGE)
    try:
        change_applications(actor=actor, server_id=server_id, now=timezone.now(), removed=[application])
    except ValidationError as error:
        messages.error(request, refused_because(error))
        return moved_to(request, url)
    text = _("%(server)s may not ask about %(name)s.") % {"name": application.name, "server": server.name}
    return done(request, url, text)


def applications_url(server_id: int) -> str:
    """The page of a Resource Server's applications."""
    return reverse("manage:server_applications", args=[server_id])
