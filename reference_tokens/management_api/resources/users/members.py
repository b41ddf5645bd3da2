"""The members of users: in requests, and in answers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.contrib.auth.models import Group
from django.db.models import Count, Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Schema

from accounts.models import User
from accounts.people.changes import user_values
from accounts.people.directory import UserKind, UserState, everybody
from reference_tokens.lifecycle.offboarding import live_tokens_by_application
from reference_tokens.lists.live_counts import MOST_OF_A_USER, live_tokens_of_users
from reference_tokens.management_api.bodies import Members
from reference_tokens.management_api.paging import Paging
from reference_tokens.management_api.preconditions import set_entity_tag
from reference_tokens.management_api.requests import Request
from reference_tokens.management_api.searching import Words
from trusted_apps.models import TrustedApplication

KindName = Literal["person", "system"]
Ownership: Any = TrustedApplication.owners.through
# A request names so many others at the most.
MOST_NAMED = 200
Names = list[str]


class UserListing(Paging):
    """Which users."""

    q: Words = ""
    kind: UserKind | None = None
    state: UserState | None = None
    username: str | None = Field(None, max_length=150, description="Exactly this user name, in any case.")


class UserCounts(Schema):
    """How many things point to a user."""

    live_tokens: int = Field(description=f"Those that act as the user; in a list counted to {MOST_OF_A_USER}.")
    is_capped: bool = Field(description="Whether there are more live tokens than were counted.")
    owned_applications: int
    applications: int = Field(description="Those whose SATs act as this System User.")


class UserMembers(Schema):
    """A person or a System User."""

    id: UUID
    username: str
    kind: KindName
    name: str
    email: str = Field(description="Empty for a System User.")
    is_active: bool
    is_administrator: bool
    has_second_factor: bool
    groups: list[str]
    last_sign_in_at: datetime | None
    counts: UserCounts


class NewUser(Members):
    """A person who is to be invited by mail, or a System User."""

    username: str
    kind: KindName = "person"
    name: str = ""
    email: str = Field("", description="Where the invitation of a person goes.")
    groups: Names = Field([], max_length=MOST_NAMED, description="Names of groups.")


class UserChange(Members):
    """What is to be changed of a user; what is left out stays."""

    username: str = Field("", description="Of a System User alone; the old one is never given away again.")
    name: str = ""
    email: str = Field("", description="Of a person alone, and of no administrator.")
    groups: Names = Field([], max_length=MOST_NAMED, description="All of the user's groups, by name.")


class ExpectedCount(Members):
    """How many tokens the caller knows of (MANY-1)."""

    expected_count: int | None = Field(
        default=None,
        ge=0,
        description="So many live tokens act as the user; where it is another number, nothing is done.",
    )


class Deactivation(ExpectedCount):
    """What becomes of the tokens of a user who is deactivated."""

    tokens: Literal["keep", "revoke"] = Field(
        default="keep",
        description="Kept tokens work again when the user is reactivated. A revocation cannot be undone.",
    )


class StateChanged(Schema):
    """A user who was deactivated or reactivated, and what that did to tokens."""

    user: UserMembers
    affected_tokens: int = Field(description="So many live tokens stopped working, or work again.")
    revoked_tokens: int = 0


def with_groups(users: QuerySet[User]) -> QuerySet[User]:
    """The same users, each with their groups by name."""
    return users.prefetch_related(Prefetch("groups", Group.objects.order_by("name")))


def user_there(user_id: UUID) -> User:
    """The user, who is not deleted."""
    return get_object_or_404(User, pk=user_id, deleted_at=None)


def shown_user(request: Request, response: HttpResponse, user_id: UUID) -> dict[str, Any]:
    """The user as they are now, with their tag."""
    user = get_object_or_404(with_groups(everybody()), pk=user_id)
    set_entity_tag(response, user_values(user))
    return described_user(user, request.caller.now)


def listed_users(users: Collection[User], now: datetime) -> list[dict[str, Any]]:
    """The members of users of a list; as many queries for many as for one."""
    ids = [user.pk for user in users]
    live = live_tokens_of_users(ids, now)
    owned = dict(Ownership.objects.filter(user__in=ids).values_list("user").annotate(Count("pk")))
    acting = TrustedApplication.objects.filter(system_user__in=ids).values_list("system_user").annotate(Count("pk"))
    used = dict(acting)
    return [
        members_of_user(user)
        | {
            "counts": {
                "live_tokens": live[user.pk].number,
                "is_capped": live[user.pk].is_capped,
                "owned_applications": owned.get(user.pk, 0),
                "applications": used.get(user.pk, 0),
            }
        }
        for user in users
    ]


def described_user(user: User, now: datetime) -> dict[str, Any]:
    """The members of one user, whose live tokens are all counted."""
    (members,) = listed_users([user], now)
    members["counts"] |= {"live_tokens": number_of_live_tokens(user, now), "is_capped": False}
    return members


def number_of_live_tokens(user: User, now: datetime) -> int:
    """How many tokens that have not ended act as the user."""
    return sum(number for _name, number in live_tokens_by_application(user, now))


def members_of_user(user: Any) -> dict[str, Any]:
    """The members that the row of a user holds, as `everybody` finds it."""
    return {
        "id": user.pk,
        "username": user.username,
        "kind": user.kind.lower(),
        "name": user.name,
        "email": user.email,
        "is_active": user.is_active,
        "is_administrator": user.is_administrator,
        "has_second_factor": user.has_second_factor,
        "groups": [group.name for group in user.groups.all()],
        "last_sign_in_at": user.last_login,
    }
