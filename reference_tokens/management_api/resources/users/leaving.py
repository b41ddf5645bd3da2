"""`/users/ID/deactivate` and `/reactivate`: those who leave for a while, and their tokens with them (TOK-11)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Path, Router

from accounts.models import User
from accounts.people.administrators import LastAdministrator
from reference_tokens.lifecycle.offboarding import deactivate_with_tokens, reactivate_with_tokens
from reference_tokens.management_api.authentication import WRITE
from reference_tokens.management_api.preconditions import ANY, MayMatch, expected
from reference_tokens.management_api.problems import conflict
from reference_tokens.management_api.requests import Request
from reference_tokens.management_api.resources.users.members import (
    Deactivation,
    ExpectedCount,
    StateChanged,
    number_of_live_tokens,
    shown_user,
    user_there,
)

router = Router(tags=["users"])

# What a request without a body means.
KEEPS_TOKENS, ANY_COUNT = Deactivation(), ExpectedCount()


@router.post("/{uuid:user_id}/deactivate", auth=WRITE, response=StateChanged, summary="Deactivate a user")
def deactivate_user(
    request: Request,
    response: HttpResponse,
    user_id: Path[UUID],
    body: Deactivation = KEEPS_TOKENS,
    if_match: MayMatch = ANY,
) -> dict[str, Any]:
    """Sign a person out and stop every token that acts as the user; their PATs may be revoked as well."""
    caller, user, revokes = request.caller, user_there(user_id), body.tokens == "revoke"
    if revokes and not user.is_person:
        raise conflict(
            "The tokens that act as a System User stay: revoke them by their application (tokens/revocations)."
        )
    opened = expected(if_match)
    with never_the_last_administrator():
        revoked = deactivate_with_tokens(
            actor=caller.actor, user=user, now=caller.now, revokes_tokens=revokes, opened=opened
        )
    # The user is locked: no token comes to them meanwhile.
    left = number_of_live_tokens(user, caller.now)
    if revoked is None and revokes and left:
        raise conflict("The user was inactive already: nothing was done.", live_tokens=left)
    affected = 0 if revoked is None else left + revoked
    require_count(body.expected_count, left + (revoked or 0))
    return state_changed(request, response, user_id, affected, revoked or 0)


@router.post("/{uuid:user_id}/reactivate", auth=WRITE, response=StateChanged, summary="Reactivate a user")
def reactivate_user(
    request: Request,
    response: HttpResponse,
    user_id: Path[UUID],
    body: ExpectedCount = ANY_COUNT,
    if_match: MayMatch = ANY,
) -> dict[str, Any]:
    """Let a user be active again, with every token that has not ended. Administrators come back by people alone."""
    caller, user = request.caller, user_there(user_id)
    did = reactivate_with_tokens(actor=caller.actor, user=user, now=caller.now, opened=expected(if_match))
    refuse_giving_rights_back(user_id, did=did)
    left = number_of_live_tokens(user, caller.now)
    require_count(body.expected_count, left)
    return state_changed(request, response, user_id, left if did else 0, 0)


@contextmanager
def never_the_last_administrator() -> Iterator[None]:
    """Say a refusal to leave the instance without an administrator as 409 (PEO-2)."""
    try:
        yield
    except LastAdministrator as refused:
        raise conflict(str(refused)) from refused


def refuse_giving_rights_back(user_id: UUID, *, did: bool) -> None:
    """Raise `Problem` 409, which takes everything back, where this made somebody an administrator again (API-3)."""
    if did and User.objects.get(pk=user_id).is_administrator:
        raise conflict("A person reactivates an administrator, in the Instance Manager.")


def require_count(expected_count: int | None, count: int) -> None:
    """Raise `Problem` 409, which takes everything back, where another number of tokens was expected (MANY-1)."""
    if expected_count is not None and expected_count != count:
        raise conflict("Nothing was done: the user has another number of live tokens.", live_tokens=count)


def state_changed(
    request: Request, response: HttpResponse, user_id: UUID, affected: int, revoked: int
) -> dict[str, Any]:
    """The user as they are now, and what became of their tokens."""
    user = shown_user(request, response, user_id)
    return {"user": user, "affected_tokens": affected, "revoked_tokens": revoked}
