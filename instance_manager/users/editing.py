"""Changing a person or a System User."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.forms.editing import conflict, opened_with, opening
from accounts.forms.resumed_form import resumed_values
from accounts.forms.versions import ChangedMeanwhile
from accounts.http import SignedInRequest, actor_of
from accounts.people.changes import change_user, described
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from accounts.text.shortened_lists import MOST_NAMED, shortened_list
from instance_manager.addresses import user_url
from instance_manager.form_pages import form_page
from instance_manager.form_parts import result_of
from instance_manager.questions import done
from instance_manager.users.directory import user_or_404
from instance_manager.users.forms import UserForm

if TYPE_CHECKING:
    pass


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def user_edit(request: SignedInRequest, user_id: uuid.UUID) -> HttpResponse:
    """Change a person's name, address and groups, or a System User's names and groups."""
    user = user_or_404(user_id)
    known: dict[str, Any] = {
        "heading": _("Edit user"),
        "submit_label": _("Save changes"),
        "back_label": user.name_beside_others,
        "back_url": user_url(user.pk),
    }
    if request.method != "POST":
        # The version first: what changes between the two is told then, and not undone.
        known |= opening(request, described(user))
        return form_page(request, UserForm(instance=user, initial=resumed_values(request, UserForm)), **known)
    form, actor = UserForm(request.POST, instance=user), actor_of(request, Source.MANAGE)
    change = partial(change_user, actor=actor, user_id=user_id, now=timezone.now(), opened=opened_with(request))
    try:
        if result_of(form, change) is None:
            return form_page(request, form, status=422, **known)
    except ChangedMeanwhile as changed:
        words = {"groups": names_of_groups(changed.state["groups"])}
        return form_page(request, form, status=409, **conflict(changed, form, words=words), **known)
    return done(
        request, user_url(user_id), _("The changes to %(name)s were saved.") % {"name": user.name_beside_others}
    )


def names_of_groups(ids: list[int]) -> str:
    """The groups by name; they are described by their ids."""
    first = Group.objects.filter(pk__in=ids).order_by("name")[:MOST_NAMED]
    return shortened_list(list(first.values_list("name", flat=True)), len(ids))
