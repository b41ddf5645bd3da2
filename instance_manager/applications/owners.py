"""The owners of an application on pages of their own, however many they are."""

from __future__ import annotations

import uuid
from functools import partial

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit.record import Source
from accounts.forms.choosing import ChoosingForm
from accounts.http import SignedInRequest, actor_of
from accounts.models import User
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import application_url, user_url
from instance_manager.choices import OwnersField, offer_others
from instance_manager.member_pages import member_addition, member_page, member_removal
from instance_manager.searchable_lists import searchable_list
from instance_manager.users.listing import user_count_label
from reference_tokens.lists.search import without_token_in_search
from trusted_apps.models import TrustedApplication
from trusted_apps.owners import change_owners


class AddOwnersForm(ChoosingForm):
    """People to be added to the owners of an application."""

    owners = OwnersField(
        label=gettext_lazy("Owners"), error_messages={"required": gettext_lazy("Choose the people to add.")}
    )


@require_safe
@administrator_required
@without_token_in_search
def application_owners(request: SignedInRequest, application_id: uuid.UUID) -> HttpResponse:
    """The owners of an application, fifty a page."""
    application = get_object_or_404(TrustedApplication, pk=application_id)
    return owners_page(request, AddOwnersForm(), application=application)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@without_token_in_search
@recent_sign_in_required
def application_owner_add(request: SignedInRequest, application_id: uuid.UUID) -> HttpResponse:
    """Make more people owners of an application."""
    application = get_object_or_404(TrustedApplication, pk=application_id)

    def add(owners: list[User]) -> str:
        actor = actor_of(request, Source.MANAGE)
        change_owners(actor=actor, application_id=application.pk, now=timezone.now(), added=owners)
        return _("The owners were added.")

    show = partial(owners_page, application=application)
    return member_addition(request, AddOwnersForm, show=show, add=add, url=owners_url(application.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def application_owner_remove(request: SignedInRequest, application_id: uuid.UUID, user_id: uuid.UUID) -> HttpResponse:
    """Ask whether to remove an owner from an application, or do it."""
    application, user = get_object_or_404(TrustedApplication, pk=application_id), get_object_or_404(User, pk=user_id)
    names = {"name": user.name_beside_others, "application": application.name}

    def remove() -> str:
        actor = actor_of(request, Source.MANAGE)
        change_owners(actor=actor, application_id=application.pk, now=timezone.now(), removed=[user])
        return _("%(name)s is no longer an owner of %(application)s.") % names

    return member_removal(
        request,
        heading=_("Remove %(name)s from the owners of %(application)s?") % names,
        consequence=_("They are no longer notified about it."),
        keep_label=_("Keep owner"),
        remove=remove,
        url=owners_url(application.pk),
    )


def owners_page(
    request: SignedInRequest, form: AddOwnersForm, *, application: TrustedApplication, status: int = 200
) -> HttpResponse:
    """The list of an application's owners, under the form that adds some."""
    offer_others(form, "owners", application)
    listed = searchable_list(
        User.objects.filter(owned_applications=application),
        request.GET,
        label=_("Name or e-mail address"),
        columns=("name", "username", "email"),
        url=owners_url(application.pk),
    )
    return member_page(
        request,
        form,
        listed,
        [owner_member(owner, application) for owner in listed.shown],
        status=status,
        heading=_("Owners"),
        lead=_("People who are notified about it."),
        back_url=application_url(application.pk),
        back_label=application.name,
        add_url=reverse("manage:application_owner_add", args=[application.pk]),
        add_label=_("Add owners"),
        count_label=user_count_label(listed.total),
        empty={"title": _("Nobody"), "text": _("Add people who are notified about it.")},
    )


def owner_member(owner: User, application: TrustedApplication) -> dict[str, str]:
    """An owner in the list of an application."""
    return {
        "name": owner.display_name,
        "hint": owner.username,
        "url": user_url(owner.pk),
        "remove_url": reverse("manage:application_owner_remove", args=[application.pk, owner.pk]),
    }


def owners_url(application_id: uuid.UUID) -> str:
    """The page of an application's owners."""
    return reverse("manage:application_owners", args=[application_id])
