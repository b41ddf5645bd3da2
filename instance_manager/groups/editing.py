"""Creating a group and renaming it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.forms.editing import conflict, opened_with, opening
from accounts.forms.resumed_form import resumed_values
from accounts.forms.versions import ChangedMeanwhile
from accounts.http import SignedInRequest, actor_of
from accounts.people.groups import (
    create_group,
    described,
    rename_group,
)
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import group_url
from instance_manager.form_pages import form_page
from instance_manager.form_parts import result_of
from instance_manager.groups.forms import GroupForm
from instance_manager.questions import done

if TYPE_CHECKING:
    pass


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def group_create(request: SignedInRequest) -> HttpResponse:
    """Create a group."""
    known: dict[str, Any] = {
        "heading": _("New group"),
        "submit_label": _("Create group"),
        "back_url": reverse("manage:group_list"),
        "back_label": _("Groups"),
    }
    if request.method != "POST":
        return form_page(request, GroupForm(initial=resumed_values(request, GroupForm)), **known)
    form = GroupForm(request.POST)
    group = result_of(form, partial(create_group, actor=actor_of(request, Source.MANAGE), now=timezone.now()))
    if group is None:
        return form_page(request, form, status=422, **known)
    return done(request, group_url(group.pk), _("The group %(name)s was created.") % {"name": group.name})


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def group_edit(request: SignedInRequest, group_id: int) -> HttpResponse:
    """Give a group another name."""
    group, url = get_object_or_404(Group, pk=group_id), group_url(group_id)
    known: dict[str, Any] = {
        "heading": _("Rename group"),
        "submit_label": _("Save changes"),
        "back_url": url,
        "back_label": group.name,
    }
    if request.method != "POST":
        form = GroupForm(instance=group, initial=resumed_values(request, GroupForm))
        return form_page(request, form, **opening(request, described(group)), **known)
    form, actor = GroupForm(request.POST, instance=group), actor_of(request, Source.MANAGE)
    rename = partial(rename_group, actor=actor, group_id=group_id, now=timezone.now(), opened=opened_with(request))
    try:
        if result_of(form, rename) is None:
            return form_page(request, form, status=422, **known)
    except ChangedMeanwhile as changed:
        return form_page(request, form, status=409, **conflict(changed, form), **known)
    return done(request, url, _("The group is called %(name)s.") % {"name": group.name})
