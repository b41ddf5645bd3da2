"""Groups: the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Group
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.models import User
from accounts.sign_in.decorators import administrator_required
from accounts.text.numbers import grouped_number
from instance_manager.addresses import group_url
from instance_manager.pages import MANAGE
from instance_manager.searchable_lists import searchable_list
from instance_manager.users.directory import user_in_query
from reference_tokens.lists.search import without_token_in_search

if TYPE_CHECKING:
    from django.db.models import QuerySet


@require_safe
@administrator_required
@without_token_in_search
def group_list(request: SignedInRequest) -> HttpResponse:
    """Every group by name, fifty a page, with the number of its members."""
    groups, narrowed = with_member_counts(), {}
    if member := user_in_query(request.GET, "member"):
        groups, narrowed = groups.filter(users=member), {"member": str(member.pk)}
    listed = searchable_list(
        groups, request.GET, label=_("Name"), columns=("name",), url=reverse("manage:group_list"), narrowed=narrowed
    )
    count = listed.total
    context = {
        **listed.context,
        "narrowed_to": member and _("Groups of %(name)s") % {"name": member.name_beside_others},
        "groups": [
            {
                "name": group.name,
                "url": group_url(group.pk),
                "members": grouped_number(group.members),
            }
            for group in listed.shown
        ],
        "count_label": ngettext("%(count)s group", "%(count)s groups", count.plural) % {"count": count},
        "create": {"url": reverse("manage:group_create"), "label": _("Create group")},
        "empty": {
            "title": _("No groups yet"),
            "text": _("Add people and System Users to groups, and use the groups in your APIs."),
        },
    }
    return MANAGE.page(request, "instance_manager/group_list.html", context)


def with_member_counts() -> QuerySet[Group]:
    """The groups with the number of their members, which is counted only for the groups of one page."""
    there = User.objects.filter(groups=OuterRef("pk"), deleted_at=None).order_by().values("groups")
    return Group.objects.annotate(members=Coalesce(Subquery(there.annotate(count=Count("pk")).values("count")), 0))
