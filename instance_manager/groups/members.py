"""The page of a group: its members, found, added and removed."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.audit.record import Source
from accounts.forms.resumed_form import resumed_values
from accounts.http import SignedInRequest, actor_of
from accounts.models import User
from accounts.people.groups import (
    add_member,
    remove_member,
)
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import group_url
from instance_manager.groups.forms import MemberForm
from instance_manager.pages import page
from instance_manager.questions import done, question
from instance_manager.users.directory import PAGE_SIZE, everybody, find
from instance_manager.users.forms import UserFilterForm
from instance_manager.users.listing import user_table
from reference_tokens.lists.search import without_token_in_search

if TYPE_CHECKING:
    pass


@require_safe
@administrator_required
@without_token_in_search
def group_detail(request: SignedInRequest, group_id: int) -> HttpResponse:
    """One group and who is in it."""
    group = get_object_or_404(Group, pk=group_id)
    return members_page(request, group, MemberForm())


def members_page(request: SignedInRequest, group: Group, form: MemberForm, *, status: int = 200) -> HttpResponse:
    """The page of a group, with the form that takes somebody in."""
    url, members = group_url(group.pk), everybody().filter(groups=group)
    words = request.GET.get("q", "").replace("\0", "").strip()
    chosen = {"q": words} if words else {}
    context = {
        **user_table(find(members, words=words), request.GET, chosen),
        "filters": UserFilterForm(chosen, names=["q"]) if words or members[PAGE_SIZE:].exists() else None,
        "is_filtered": bool(words),
        "clear_url": url,
        "group": group,
        "url": url,
        "form": form,
        "add_url": reverse("manage:member_add", args=[group.pk]),
        "back_url": reverse("manage:group_list"),
        "back_label": _("Groups"),
    }
    return page(request, "instance_manager/group_detail.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@without_token_in_search
@recent_sign_in_required
def member_add(request: SignedInRequest, group_id: int) -> HttpResponse:
    """Take a person or a System User into a group."""
    group = get_object_or_404(Group, pk=group_id)
    if request.method != "POST":
        return members_page(request, group, MemberForm(initial=resumed_values(request, MemberForm)))
    form = MemberForm(request.POST)
    if not form.is_valid():
        return members_page(request, group, form, status=422)
    user = form.cleaned_data["member"]
    was_new = add_member(actor=actor_of(request, Source.MANAGE), group_id=group_id, user=user, now=timezone.now())
    text = _("%(name)s is in the group now.") if was_new else _("%(name)s was in the group already.")
    return done(request, group_url(group_id), text % {"name": user.name_beside_others})


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@vary_on_headers("HX-Request")
def member_remove(request: SignedInRequest, group_id: int, user_id: uuid.UUID) -> HttpResponse:
    """Ask whether to take somebody out of a group, or do it."""
    group = get_object_or_404(Group, pk=group_id)
    user = get_object_or_404(User, pk=user_id, deleted_at=None)
    if request.method != "POST":
        return question(
            request,
            heading=_("Take %(name)s out of %(group)s?") % {"name": user.name_beside_others, "group": group.name},
            lines=[_("Resource Servers that learn profiles are told so from the next validation on.")],
            submit_label=_("Take out"),
            keep_label=_("Keep in the group"),
            is_dangerous=True,
            cancel_url=group_url(group_id),
        )
    remove_member(actor=actor_of(request, Source.MANAGE), group_id=group_id, user=user, now=timezone.now())
    return done(request, group_url(group_id), _("%(name)s is not in the group.") % {"name": user.name_beside_others})
