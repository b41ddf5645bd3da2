"""Deleting a group."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.forms.fingerprints import SetChanged, fingerprint
from accounts.http import SignedInRequest, actor_of
from accounts.people.directory import everybody
from accounts.people.groups import delete_group, members_of
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from accounts.text.numbers import grouped_number
from instance_manager.addresses import group_url
from instance_manager.fingerprinted_questions import SEEN, fingerprint_context
from instance_manager.pages import MANAGE


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def group_delete(request: SignedInRequest, group_id: int) -> HttpResponse:
    """Ask whether to delete a group, or do it."""
    group = get_object_or_404(Group, pk=group_id)
    if request.method != "POST":
        return ask_to_delete_group(request, group)
    actor, shown = actor_of(request, Source.MANAGE), request.POST.get(SEEN)
    try:
        delete_group(actor=actor, group_id=group_id, now=timezone.now(), shown=shown)
    except SetChanged:
        return ask_to_delete_group(request, group, shown=shown)
    text = _("The group %(name)s was deleted.") % {"name": group.name}
    return MANAGE.tell(request, text, url=reverse("manage:group_list"))


def ask_to_delete_group(request: SignedInRequest, group: Group, *, shown: str | None = None) -> HttpResponse:
    """Ask before a group is deleted; again if its members are not those that were `shown`."""
    seen, count = fingerprint(members_of(group).values_list("pk", flat=True)), everybody().filter(groups=group).count()
    members = ngettext(
        ("%(count)s user is a member. The user is not deleted."),
        "%(count)s users are members. The users are not deleted.",
        count,
    )
    changed = _("Nothing was done: the members have changed.")
    return MANAGE.ask(
        request,
        heading=_("Delete the group %(name)s?") % {"name": group.name},
        lines=[
            members % {"count": grouped_number(count)},
            _("Resource Servers with access to profiles no longer receive it. This cannot be undone."),
        ],
        submit_label=_("Delete group"),
        keep_label=_("Keep group"),
        is_dangerous=True,
        cancel_url=group_url(group.pk),
        **fingerprint_context(seen, shown, changed),
    )
