"""The owners of an application on pages of their own: found, added and taken out, however many they are."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.audit.record import Source
from accounts.forms.choosing import ChoosingForm
from accounts.forms.resumed_form import resumed_values
from accounts.http import SignedInRequest, actor_of
from accounts.models import User
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import application_url, user_url
from instance_manager.choices import OwnersField
from instance_manager.member_pages import member_page
from instance_manager.questions import done, question
from instance_manager.searchable_lists import searchable_list
from instance_manager.users.listing import count_label
from reference_tokens.lists.search import without_token_in_search
from trusted_apps.models import TrustedApplication
from trusted_apps.owners import change_owners


class AddForm(ChoosingForm):
    """People to be added to the owners of an application."""

    owners = OwnersField(
        label=gettext_lazy("Owners"), error_messages={"required": gettext_lazy("Choose the people to add.")}
    )


@require_safe
@administrator_required
@without_token_in_search
def application_owners(request: SignedInRequest, application_id: uuid.UUID) -> HttpResponse:
    """The owners of an application, fifty a page."""
    return owners_page(request, get_object_or_404(TrustedApplication, pk=application_id), AddForm())


def owners_page(
    request: SignedInRequest, application: TrustedApplication, form: AddForm, *, status: int = 200
) -> HttpResponse:
    """The page, with the form that adds some."""
    url, owners = owners_url(application.pk), User.objects.filter(owned_applications=application)
    columns, label = ("name", "username", "email"), _("Name or e-mail address")
    listed = searchable_list(owners, request.GET, label=label, columns=columns, url=url)
    rows = [
        {
            "name": owner.display_name,
            "hint": owner.username,
            "url": user_url(owner.pk),
            "remove_url": reverse("manage:application_owner_remove", args=[application.pk, owner.pk]),
        }
        for owner in listed.shown
    ]
    return member_page(
        request,
        listed,
        rows,
        form,
        status=status,
        url=url,
        heading=_("Owners"),
        lead=_("The people who are told about it."),
        back_url=application_url(application.pk),
        back_label=application.name,
        add_label=_("Add owners"),
        count_label=count_label(owners),
        empty={"title": _("Nobody"), "text": _("Add the people who are to be told about it.")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@without_token_in_search
@recent_sign_in_required
def application_owner_add(request: SignedInRequest, application_id: uuid.UUID) -> HttpResponse:
    """Make some more people owners of an application."""
    application = get_object_or_404(TrustedApplication, pk=application_id)
    if request.method != "POST":
        return owners_page(request, application, AddForm(initial=resumed_values(request, AddForm)))
    form = AddForm(request.POST)
    if not form.is_valid():
        return owners_page(request, application, form, status=422)
    actor, chosen = actor_of(request, Source.MANAGE), form.cleaned_data["owners"]
    change_owners(actor=actor, application_id=application_id, now=timezone.now(), added=chosen)
    return done(request, owners_url(application_id), _("The owners were added."))


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@vary_on_headers("HX-Request")
def application_owner_remove(request: SignedInRequest, application_id: uuid.UUID, user_id: uuid.UUID) -> HttpResponse:
    """Ask whether to take an owner from an application, or do it."""
    application, user = get_object_or_404(TrustedApplication, pk=application_id), get_object_or_404(User, pk=user_id)
    url, names = owners_url(application_id), {"name": user.name_beside_others, "application": application.name}
    if request.method != "POST":
        return question(
            request,
            heading=_("Take %(name)s from the owners of %(application)s?") % names,
            lines=[_("They are not told about it any more.")],
            submit_label=_("Take out"),
            keep_label=_("Keep the owner"),
            is_dangerous=True,
            cancel_url=url,
        )
    change_owners(
        actor=actor_of(request, Source.MANAGE), application_id=application_id, now=timezone.now(), removed=[user]
    )
    return done(request, url, _("%(name)s is no owner of %(application)s.") % names)


def owners_url(application_id: uuid.UUID) -> str:
    """The page of an application's owners."""
    return reverse("manage:application_owners", args=[application_id])
