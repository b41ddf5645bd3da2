"""Deleting a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.audit.record import Source
from accounts.forms.fingerprints import SetChanged, fingerprint
from accounts.http import SignedInRequest, actor_of
from accounts.people.groups import (
    delete_group,
    members_of,
)
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import group_url
from instance_manager.questions import SEEN, as_shown, done, question
from instance_manager.users.directory import everybody

if TYPE_CHECKING:
    pass


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@vary_on_headers("HX-Request")
def group_delete(request: SignedInRequest, group_id: int) -> HttpResponse:
    """Ask whether to delete a group, or do it."""
    group = get_object_or_404(Group, pk=group_id)
    if request.method != "POST":
        return group_deletion_question(request, group)
    actor, shown = actor_of(request, Source.MANAGE), request.POST.get(SEEN)
    try:
        delete_group(actor=actor, group_id=group_id, now=timezone.now(), shown=shown)
    except SetChanged:
        return group_deletion_question(request, group, shown=shown)
    return done(request, reverse("manage:group_list"), _("The group %(name)s was deleted.") % {"name": group.name})


def group_deletion_question(request: SignedInRequest, group: Group, *, shown: str | None = None) -> HttpResponse:
    """Ask before a group is deleted; anew where it has other members than those that were shown."""
    seen, count = fingerprint(members_of(group).values_list("pk", flat=True)), everybody().filter(groups=group).count()
    members = ngettext(
        "%(count)s user is in it, and stays as it is.", "%(count)s users are in it, and stay as they are.", count
    )
    changed = _("Nothing was done: other users are in it than when you were asked.")
    return question(
        request,
        heading=_("Delete the group %(name)s?") % {"name": group.name},
        lines=[
            members % {"count": number_format(count, force_grouping=True)},
            _("Resource Servers that learn profiles are not told of it any more. This cannot be undone."),
        ],
        submit_label=_("Delete group"),
        keep_label=_("Keep group"),
        is_dangerous=True,
        cancel_url=group_url(group.pk),
        **as_shown(seen, shown, changed),
    )
