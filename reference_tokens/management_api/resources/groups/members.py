"""The members of groups, in requests and in answers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.db.models import Count
from ninja import Field, Schema

from accounts.models import User
from reference_tokens.management_api.bodies import Members
from reference_tokens.management_api.paging import Paging
from reference_tokens.management_api.searching import Words

Membership: Any = User.groups.through
# A group is told with so many members at the most; a larger one has them in pages of their own.
MOST_TOLD = 100
NAMED = f"User names; at most {MOST_TOLD}."


class GroupListing(Paging):
    """Which groups."""

    q: Words = ""
    member: UUID | None = Field(None, description="The id of a user who is in them.")


class GroupMembers(Schema):
    """A group."""

    id: int
    name: str
    members: list[str] | None = Field(description=f"User names; null where there are more than {MOST_TOLD}.")
    member_count: int


class NewGroup(Members):
    """A group that is to be added."""

    name: str
    members: list[str] = Field([], max_length=MOST_TOLD, description=NAMED)


class GroupChange(Members):
    """What is to be changed of a group; what is left out stays."""

    name: str = ""
    members: list[str] = Field([], max_length=MOST_TOLD, description=f"All of its members. {NAMED}")


class NewMembers(Members):
    """Users who are to be added to a group."""

    members: list[str] = Field(min_length=1, max_length=MOST_TOLD, description=NAMED)


def listed_groups(groups: Collection[Group]) -> list[dict[str, Any]]:
    """The members of groups of a list: two queries, however many there are."""
    there = Membership.objects.filter(group__in=groups, user__deleted_at=None)
    numbers = dict(there.values_list("group").annotate(Count("pk")))
    small = [group.pk for group in groups if numbers.get(group.pk, 0) <= MOST_TOLD]
    names: dict[int, list[str]] = {pk: [] for pk in small}
    for group_id, username in (
        there.filter(group__in=small).order_by("user__username").values_list("group", "user__username")
    ):
        names[group_id].append(username)
    return [
        {
            "id": group.pk,
            "name": group.name,
            "members": names.get(group.pk),
            "member_count": numbers.get(group.pk, 0),
        }
        for group in groups
    ]
