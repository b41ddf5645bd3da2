"""Groups of people and System Users."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.audit.record import Source
from accounts.forms.carried_over import typed_into
from accounts.forms.editing import conflict, opened_with, opening
from accounts.forms.shown import SetChanged, fingerprint
from accounts.forms.versions import ChangedMeanwhile
from accounts.http import SignedInRequest, actor_of
from accounts.models import User
from accounts.people.groups import (
    add_member,
    create_group,
    delete_group,
    described,
    members_of,
    remove_member,
    rename_group,
)
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.form_parts import result_of
from instance_manager.pages import page
from instance_manager.questions import SEEN, as_shown, done, question
from instance_manager.searchable_lists import searchable_list
from instance_manager.users.directory import PAGE_SIZE, everybody, find
from instance_manager.users.forms import GroupForm, MemberForm, UserFilterForm
from instance_manager.users.listing import list_context, user_named
from reference_tokens.lists.search import without_token_in_search

if TYPE_CHECKING:
    from django.db.models import QuerySet

LIST_URL = "/manage/security/groups/"


@require_safe
@administrator_required
@without_token_in_search
def group_list(request: SignedInRequest) -> HttpResponse:
    """Every group by name, fifty a page, and how many are in each."""
    groups, narrowed = counted(), {}
    if member := user_named(request.GET, "member"):
        groups, narrowed = groups.filter(users=member), {"member": str(member.pk)}
    listed = searchable_list(groups, request.GET, label=_("Name"), columns=("name",), url=LIST_URL, narrowed=narrowed)
    count = listed.total
    context = {
        **listed.context,
        "narrowed_to": member and _("Groups of %(name)s") % {"name": member.name_beside_others},
        "groups": [
            {
                "name": group.name,
                "url": group_url(group.pk),
                "members": number_format(group.members, force_grouping=True),
            }
            for group in listed.shown
        ],
        "count_label": ngettext("%(count)s group", "%(count)s groups", count.plural) % {"count": count},
        "create": {"url": f"{LIST_URL}new/", "label": _("Create group")},
        "empty": {
            "title": _("No groups yet"),
            "text": _("Put people and System Users into groups, and your APIs can go by them."),
        },
    }
    return page(request, "instance_manager/group_list.html", context)


def counted() -> QuerySet[Group]:
    """The groups, each with the number of its members: counted for those on the page alone."""
    there = User.objects.filter(groups=OuterRef("pk"), deleted_at=None).order_by().values("groups")
    return Group.objects.annotate(members=Coalesce(Subquery(there.annotate(count=Count("pk")).values("count")), 0))


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
        **list_context(find(members, words=words), request.GET, chosen),
        "filters": UserFilterForm(chosen, names=["q"]) if words or members[PAGE_SIZE:].exists() else None,
        "is_filtered": bool(words),
        "clear_url": url,
        "group": group,
        "url": url,
        "form": form,
        "add_url": f"{url}members/add/",
        "back_url": LIST_URL,
        "back_label": _("Groups"),
    }
    return page(request, "instance_manager/group_detail.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def group_create(request: SignedInRequest) -> HttpResponse:
    """Create a group."""
    known: dict[str, Any] = {
        "heading": _("New group"),
        "submit_label": _("Create group"),
        "back_url": LIST_URL,
        "back_label": _("Groups"),
    }
    if request.method != "POST":
        return form_page(request, GroupForm(initial=typed_into(request, GroupForm)), **known)
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
        form = GroupForm(instance=group, initial=typed_into(request, GroupForm))
        return form_page(request, form, **opening(request, described(group)), **known)
    form, actor = GroupForm(request.POST, instance=group), actor_of(request, Source.MANAGE)
    rename = partial(rename_group, actor=actor, group_id=group_id, now=timezone.now(), opened=opened_with(request))
    try:
        if result_of(form, rename) is None:
            return form_page(request, form, status=422, **known)
    except ChangedMeanwhile as changed:
        return form_page(request, form, status=409, **conflict(changed, form), **known)
    return done(request, url, _("The group is called %(name)s.") % {"name": group.name})


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@vary_on_headers("HX-Request")
def group_delete(request: SignedInRequest, group_id: int) -> HttpResponse:
    """Ask whether to delete a group, or do it."""
    group = get_object_or_404(Group, pk=group_id)
    if request.method != "POST":
        return deletion_question(request, group)
    actor, shown = actor_of(request, Source.MANAGE), request.POST.get(SEEN)
    try:
        delete_group(actor=actor, group_id=group_id, now=timezone.now(), shown=shown)
    except SetChanged:
        return deletion_question(request, group, shown=shown)
    return done(request, LIST_URL, _("The group %(name)s was deleted.") % {"name": group.name})


def deletion_question(request: SignedInRequest, group: Group, *, shown: str | None = None) -> HttpResponse:
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


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@without_token_in_search
@recent_sign_in_required
def member_add(request: SignedInRequest, group_id: int) -> HttpResponse:
    """Take a person or a System User into a group."""
    group = get_object_or_404(Group, pk=group_id)
    if request.method != "POST":
        return members_page(request, group, MemberForm(initial=typed_into(request, MemberForm)))
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


def form_page(request: SignedInRequest, form: GroupForm, *, status: int = 200, **known: Any) -> HttpResponse:
    """The form of a group."""
    context = {"form": form, "submit_url": request.path, "cancel_url": known["back_url"]} | known
    return page(request, "instance_manager/plain_form.html", context, status=status)


def group_url(group_id: int) -> str:
    """The page of a group."""
    return f"{LIST_URL}{group_id}/"
