"""Creating a group and renaming it."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.forms.editing import opened_with, opening
from accounts.forms.resumed_form import resumed_values
from accounts.forms.submission import FormRefused, sent, submit
from accounts.http import SignedInRequest, actor_of
from accounts.people.groups import create_group, group_values, rename_group
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import group_url
from instance_manager.groups.forms import GroupForm
from instance_manager.pages import MANAGE


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def group_create(request: SignedInRequest) -> HttpResponse:
    """Create a group."""
    words: dict[str, Any] = {
        "heading": _("New group"),
        "submit_label": _("Create group"),
        "back_url": reverse("manage:group_list"),
        "back_label": _("Groups"),
    }
    form = GroupForm(sent(request), initial=resumed_values(request, GroupForm))
    if request.method != "POST":
        return MANAGE.form(request, form, **words)
    try:
        group = submit(form, partial(create_group, actor=actor_of(request, Source.MANAGE), now=timezone.now()))
    except FormRefused as refused:
        return MANAGE.form(request, form, status=refused.status, **words)
    text = _("The group %(name)s was created.") % {"name": group.name}
    return MANAGE.tell(request, text, url=group_url(group.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def group_edit(request: SignedInRequest, group_id: int) -> HttpResponse:
    """Give a group another name."""
    group, url = get_object_or_404(Group, pk=group_id), group_url(group_id)
    words: dict[str, Any] = {
        "heading": _("Rename group"),
        "submit_label": _("Save changes"),
        "back_url": url,
        "back_label": group.name,
    }
    form = GroupForm(sent(request), instance=group, initial=resumed_values(request, GroupForm))
    if request.method != "POST":
        return MANAGE.form(request, form, **opening(request, group_values(group)), **words)
    actor, opened = actor_of(request, Source.MANAGE), opened_with(request)
    try:
        submit(form, partial(rename_group, actor=actor, group_id=group_id, now=timezone.now(), opened=opened))
    except FormRefused as refused:
        return MANAGE.form(request, form, status=refused.status, **refused.context, **words)
    return MANAGE.tell(request, _("The group was renamed to %(name)s.") % {"name": group.name}, url=url)
