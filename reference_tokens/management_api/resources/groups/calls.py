"""`/groups`: groups of people and System Users, and their members."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Path, Query, Router

from accounts.models import User
from accounts.people.directory import everybody
from accounts.people.groups import (
    add_members,
    change_group,
    create_group,
    delete_group,
    group_state,
    members_of,
    remove_member,
)
from accounts.text.case_folding import contains_text
from reference_tokens.management_api.authentication import READ, WRITE
from reference_tokens.management_api.naming import users_named
from reference_tokens.management_api.paging import Page, page, rows_of_page
from reference_tokens.management_api.preconditions import IfMatch, expected, set_entity_tag
from reference_tokens.management_api.problems import conflict
from reference_tokens.management_api.requests import Request
from reference_tokens.management_api.resources.groups.members import (
    MOST_TOLD,
    GroupChange,
    GroupListing,
    GroupMembers,
    NewGroup,
    NewMembers,
    listed_groups,
)
from reference_tokens.management_api.resources.users.calls import users_page
from reference_tokens.management_api.resources.users.members import UserListing, UserMembers
from reference_tokens.management_api.searching import words_in

router = Router(tags=["groups"])


@router.get("", auth=READ, response=Page[GroupMembers], summary="List groups")
def list_groups(request: Request, response: HttpResponse, listing: Query[GroupListing]) -> dict[str, Any]:
    """Groups by name."""
    groups = Group.objects.all()
    if words := words_in(listing.q):
        groups = groups.filter(contains_text("name", words))
    if listing.member:
        groups = groups.filter(users=listing.member)
    shown, following = rows_of_page(groups, listing, ["name"])
    return page(request, response, listed_groups(shown), following)


@router.post("", auth=WRITE, response={201: GroupMembers}, summary="Add a group")
def add_group(request: Request, response: HttpResponse, body: NewGroup) -> dict[str, Any]:
    """Create a group with these members."""
    caller, members = request.caller, users_named(body.members, "members")
    group = create_group(actor=caller.actor, now=caller.now, name=body.name, members=members)
    return shown_group(response, group)


@router.get("/{int:group_id}", auth=READ, response=GroupMembers, summary="Read a group")
def read_group(request: Request, response: HttpResponse, group_id: Path[int]) -> dict[str, Any]:
    """The group."""
    return shown_group(response, group_there(group_id))


@router.patch("/{int:group_id}", auth=WRITE, response=GroupMembers, summary="Change a group")
def change_one_group(
    request: Request, response: HttpResponse, group_id: Path[int], body: GroupChange, if_match: IfMatch = ""
) -> dict[str, Any]:
    """Rename a group, or give it exactly these members."""
    caller, opened, group = request.caller, expected(if_match), group_there(group_id)
    values: dict[str, Any] = body.dict(exclude_unset=True)
    if "members" in values:
        values["members"] = users_named(body.members, "members")
        require_few_members(group)
    changed = change_group(actor=caller.actor, group_id=group_id, now=caller.now, opened=opened, **values)
    return shown_group(response, changed)


@router.delete("/{int:group_id}", auth=WRITE, response={204: None}, summary="Delete a group")
def remove_group(request: Request, group_id: Path[int], if_match: IfMatch = "") -> None:
    """Delete a group; its members stay."""
    caller, opened = request.caller, expected(if_match)
    if not delete_group(actor=caller.actor, group_id=group_id, now=caller.now, opened=opened):
        raise Group.DoesNotExist


@router.get("/{int:group_id}/members", auth=READ, response=Page[UserMembers], summary="List members of a group")
def list_members(
    request: Request, response: HttpResponse, group_id: Path[int], listing: Query[UserListing]
) -> dict[str, Any]:
    """The members by user name."""
    return users_page(request, response, everybody().filter(groups=group_there(group_id)), listing)


@router.post("/{int:group_id}/members", auth=WRITE, response=GroupMembers, summary="Add members to a group")
def add_members_to_group(
    request: Request, response: HttpResponse, group_id: Path[int], body: NewMembers
) -> dict[str, Any]:
    """Take users into a group, all or none; who is in it already stays."""
    caller, users = request.caller, users_named(body.members, "members")
    group = group_there(group_id)
    add_members(actor=caller.actor, group_id=group.pk, users=users, now=caller.now)
    return shown_group(response, group)


@router.delete(
    "/{int:group_id}/members/{uuid:user_id}", auth=WRITE, response={204: None}, summary="Remove a member from a group"
)
def remove_member_from_group(request: Request, group_id: Path[int], user_id: Path[UUID]) -> None:
    """Take a user out of a group."""
    caller, user = request.caller, get_object_or_404(User, pk=user_id, deleted_at=None)
    if not remove_member(actor=caller.actor, group_id=group_id, user=user, now=caller.now):
        raise User.DoesNotExist


def group_there(group_id: int) -> Group:
    """The group."""
    return get_object_or_404(Group, pk=group_id)


def shown_group(response: HttpResponse, group: Group) -> dict[str, Any]:
    """The group as it is now, with its tag."""
    set_entity_tag(response, group_state(group))
    (members,) = listed_groups([group])
    return members


def require_few_members(group: Group) -> None:
    """Raise `Problem` 409 for a group whose members are more than a request names."""
    if members_of(group).count() > MOST_TOLD:
        raise conflict("The group has too many members to be given others at once: add and remove them by themselves.")
