"""The page of a group: its members in a list with a search, the form that adds some, and the removal of one."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from functools import partial

from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit.record import Source
from accounts.http import SignedInRequest, actor_of
from accounts.models import User
from accounts.people import groups
from accounts.people.directory import everybody, find_users
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import group_url
from instance_manager.choices import offer_others
from instance_manager.groups.forms import AddMembersForm
from instance_manager.member_pages import member_addition, member_removal
from instance_manager.pages import MANAGE
from instance_manager.tokens.all_tokens import all_tokens
from instance_manager.users.directory import PAGE_SIZE
from instance_manager.users.forms import UserFilterForm
from instance_manager.users.listing import user_table
from reference_tokens.lists.search import without_token_in_search


@require_safe
@administrator_required
@without_token_in_search
def group_detail(request: SignedInRequest, group_id: int) -> HttpResponse:
    """One group with its members."""
    return group_page(request, AddMembersForm(), group=get_object_or_404(Group, pk=group_id))


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@without_token_in_search
@recent_sign_in_required
def member_add(request: SignedInRequest, group_id: int) -> HttpResponse:
    """Add people and System Users to a group."""
    group = get_object_or_404(Group, pk=group_id)

    def add(members: Iterable[User]) -> str:
        actor, now = actor_of(request, Source.MANAGE), timezone.now()
        added = [one for one in members if groups.add_member(actor=actor, group_id=group.pk, user=one, now=now)]
        if len(added) == 1:
            return _("%(name)s was added to the group.") % {"name": added[0].name_beside_others}
        text = ngettext(
            "%(count)s user was added to the group.", "%(count)s users were added to the group.", len(added)
        )
        return text % {"count": len(added)} if added else _("They are in the group already.")

    show = partial(group_page, group=group)
    return member_addition(request, AddMembersForm, show=show, add=add, url=group_url(group.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def member_remove(request: SignedInRequest, group_id: int, user_id: uuid.UUID) -> HttpResponse:
    """Ask whether to remove somebody from a group, or do it."""
    group = get_object_or_404(Group, pk=group_id)
    user = get_object_or_404(User, pk=user_id, deleted_at=None)
    names = {"name": user.name_beside_others, "group": group.name}

    def remove() -> str:
        actor = actor_of(request, Source.MANAGE)
        groups.remove_member(actor=actor, group_id=group.pk, user=user, now=timezone.now())
        return _("%(name)s was removed from the group.") % names

    return member_removal(
        request,
        heading=_("Remove %(name)s from %(group)s?") % names,
        consequence=_("Resource Servers with access to profiles see the change at the next validation."),
        keep_label=_("Keep in the group"),
        remove=remove,
        url=group_url(group.pk),
    )


def group_page(request: SignedInRequest, form: AddMembersForm, *, group: Group, status: int = 200) -> HttpResponse:
    """The list of a group's members, under the form that adds some."""
    offer_others(form, "members", group)
    url, members = group_url(group.pk), everybody().filter(groups=group)
    words = request.GET.get("q", "").replace("\0", "").strip()
    chosen = {"q": words} if words else {}
    context = {
        **user_table(find_users(members, words=words), request.GET, chosen),
        "filters": UserFilterForm(chosen, names=["q"]) if words or members[PAGE_SIZE:].exists() else None,
        "is_filtered": bool(words),
        "clear_url": url,
        "group": group,
        "form": form,
        "all_tokens": all_tokens(group=group.name),
        "add_url": reverse("manage:member_add", args=[group.pk]),
        "back_url": reverse("manage:group_list"),
        "back_label": _("Groups"),
    }
    return MANAGE.page(request, "instance_manager/group_detail.html", context, status=status)
