"""Changing a person or a System User."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.forms.editing import opened_with, opening
from accounts.forms.resumed_form import resumed_values
from accounts.forms.submission import FormRefused, submit
from accounts.http import SignedInRequest, actor_of
from accounts.people.changes import change_user, user_values
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from accounts.text.shortened_lists import MOST_NAMED, shortened_list
from instance_manager.addresses import user_url
from instance_manager.pages import MANAGE
from instance_manager.users.directory import user_or_404
from instance_manager.users.forms import UserForm


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def user_edit(request: SignedInRequest, user_id: uuid.UUID) -> HttpResponse:
    """Change a person's name, address and groups, or a System User's names and groups."""
    user, url = user_or_404(user_id), user_url(user_id)
    words: dict[str, Any] = {
        "template": "instance_manager/user_form.html",
        "heading": _("Edit user"),
        "submit_label": _("Save changes"),
        "back_url": url,
        "back_label": user.name_beside_others,
    }
    if request.method != "POST":
        # The version first: a change between the two is then noticed, and not undone.
        version = opening(request, user_values(user))
        form = UserForm(instance=user, initial=resumed_values(request, UserForm))
        return MANAGE.form(request, form, **version, **words)
    form, actor = UserForm(request.POST, instance=user), actor_of(request, Source.MANAGE)
    change = partial(change_user, actor=actor, user_id=user_id, now=timezone.now(), opened=opened_with(request))
    try:
        submit(form, change, words=group_names)
    except FormRefused as refused:
        return MANAGE.form(request, form, status=refused.status, **refused.context, **words)
    text = _("The changes to %(name)s were saved.") % {"name": user.name_beside_others}
    return MANAGE.tell(request, text, url=url)


def group_names(state: dict[str, Any]) -> dict[str, str]:
    """The groups of a user by name; their state has them by id."""
    ids = state["groups"]
    first = Group.objects.filter(pk__in=ids).order_by("name")[:MOST_NAMED]
    return {"groups": shortened_list(list(first.values_list("name", flat=True)), len(ids))}
