"""`/users`: people and System Users. Rights, passwords, second factors and sessions are left to people (API-3)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.http import HttpResponse
from ninja import Path, Query, Router

from accounts.mailed_links.invitations import invite_person, renew_invitation
from accounts.models import User
from accounts.people.changes import change_user
from accounts.people.creation import create_user
from accounts.people.directory import everybody, find_users
from reference_tokens.lifecycle.offboarding import delete_with_tokens
from reference_tokens.management_api.authentication import READ, WRITE
from reference_tokens.management_api.naming import groups_named
from reference_tokens.management_api.paging import Page, page, rows_of_page
from reference_tokens.management_api.preconditions import IfMatch, expected
from reference_tokens.management_api.problems import conflict, invalid_member
from reference_tokens.management_api.requests import Request
from reference_tokens.management_api.resources.users.leaving import never_the_last_administrator, require_count
from reference_tokens.management_api.resources.users.members import (
    ExpectedCount,
    NewUser,
    UserChange,
    UserListing,
    UserMembers,
    listed_users,
    shown_user,
    user_there,
    with_groups,
)
from reference_tokens.management_api.searching import words_in

router = Router(tags=["users"])


@router.get("", auth=READ, response=Page[UserMembers], summary="List users")
def list_users(request: Request, response: HttpResponse, listing: Query[UserListing]) -> dict[str, Any]:
    """People and System Users by user name; nobody who is deleted."""
    return users_page(request, response, everybody(), listing)


def users_page(request: Request, response: HttpResponse, users: QuerySet[User], listing: UserListing) -> dict[str, Any]:
    """The page of these users that is asked for."""
    found = find_users(users, words=words_in(listing.q), kind=listing.kind or "", state=listing.state or "")
    if listing.username is not None:
        found = found.filter(pk__in=User.objects.named(listing.username))
    # By the index that keeps user names unique.
    by_name = with_groups(found).annotate(lowered=Lower("username"))
    shown, following = rows_of_page(by_name, listing, ["lowered"])
    return page(request, response, listed_users(shown, request.caller.now), following)


@router.post("", auth=WRITE, response={201: UserMembers}, summary="Add a user")
def add_user(request: Request, response: HttpResponse, body: NewUser) -> dict[str, Any]:
    """Invite a person, who chooses their password by a mailed link, or create a System User."""
    caller, values = request.caller, body.dict(exclude={"kind", "groups"})
    groups = groups_named(body.groups, "groups")
    if body.kind == "person":
        language = caller.holder.language
        user = invite_person(actor=caller.actor, now=caller.now, language=language, groups=groups, **values)
    else:
        refuse_email(values.pop("email"))
        user = create_user(actor=caller.actor, now=caller.now, is_system=True, groups=groups, **values)
    return shown_user(request, response, user.pk)


@router.get("/{uuid:user_id}", auth=READ, response=UserMembers, summary="Read a user")
def read_user(request: Request, response: HttpResponse, user_id: Path[UUID]) -> dict[str, Any]:
    """The user."""
    return shown_user(request, response, user_id)


@router.patch("/{uuid:user_id}", auth=WRITE, response=UserMembers, summary="Change a user")
def change_one_user(
    request: Request, response: HttpResponse, user_id: Path[UUID], body: UserChange, if_match: IfMatch = ""
) -> dict[str, Any]:
    """Change the name, the groups, the address of a person, or the user name of a System User."""
    caller, opened = request.caller, expected(if_match)
    values = body.dict(exclude_unset=True)
    if "groups" in values:
        values["groups"] = groups_named(body.groups, "groups")
    changed = change_user(actor=caller.actor, user_id=user_id, now=caller.now, opened=opened, **values)
    if "email" in changed:
        refuse_address_of_administrator(user_id)
    return shown_user(request, response, user_id)


@router.delete("/{uuid:user_id}", auth=WRITE, response={204: None}, summary="Delete a person")
def delete_user(request: Request, user_id: Path[UUID], counted: Query[ExpectedCount], if_match: IfMatch = "") -> None:
    """Forget who a person was and revoke their PATs; what they did stays in the audit log under an id."""
    caller, user, opened = request.caller, user_there(user_id), expected(if_match)
    if not user.is_person:
        raise conflict("A System User is deactivated, not deleted: its tokens keep it.")
    with never_the_last_administrator():
        revoked = delete_with_tokens(actor=caller.actor, user=user, now=caller.now, opened=opened)
    require_count(counted.expected_count, revoked or 0)


@router.post("/{uuid:user_id}/invite", auth=WRITE, response=UserMembers, summary="Send an invitation again")
def invite_user_again(request: Request, response: HttpResponse, user_id: Path[UUID]) -> dict[str, Any]:
    """Mail another link to a person who cannot sign in yet; the one before is dead."""
    caller, user = request.caller, user_there(user_id)
    if not renew_invitation(actor=caller.actor, user=user, now=caller.now):
        raise conflict("The user can sign in already, may not, or has no e-mail address.")
    return shown_user(request, response, user_id)


def refuse_address_of_administrator(user_id: UUID) -> None:
    """Raise `Problem` 409 where the user, whose address this transaction has changed, is an administrator.

    Whoever reads their mail can choose their password and become them: a person changes that address (API-3).
    """
    if User.objects.get(pk=user_id).is_administrator:
        raise conflict("A person changes the address of an administrator, in the Instance Manager.")


def refuse_email(email: str) -> None:
    """Raise `Problem` 422 for an address of a System User, which has none."""
    if email:
        raise invalid_member("email", "A System User has no e-mail address.")
