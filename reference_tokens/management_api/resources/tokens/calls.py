"""`/tokens`: every token of the instance, and acts on one."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Path, Query, Router

from reference_tokens.lifecycle.suspension import resume_token, suspend_with_old_values
from reference_tokens.management_api.authentication import READ, WRITE
from reference_tokens.management_api.paging import Page, Paging
from reference_tokens.management_api.preconditions import MayMatch
from reference_tokens.management_api.problems import Problem, conflict
from reference_tokens.management_api.requests import Request
from reference_tokens.management_api.resources.tokens.acts import (
    NO_REASON,
    USUAL_OVERLAP,
    Description,
    Overlap,
    Rotated,
    Why,
    Withdrawn,
    kept_reason,
    rename,
    revoked,
    rotated,
    withdrawn,
)
from reference_tokens.management_api.resources.tokens.details import TokenDetails, found_token, token_details
from reference_tokens.management_api.resources.tokens.lists import (
    InventoryQuery,
    Ordered,
    filters_of_query,
    page_of_tokens,
)
from reference_tokens.management_api.resources.tokens.members import TokenMembers, token_members
from reference_tokens.models import ReferenceToken

router = Router(tags=["tokens"])
State = ReferenceToken.State
ENDED = {State.REVOKED: "It is revoked and stays as it is.", State.EXPIRED: "It has expired and stays as it is."}


@router.get("", auth=READ, response=Page[TokenMembers], summary="List tokens")
def list_tokens(
    request: Request, response: HttpResponse, query: Query[InventoryQuery], order: Query[Ordered], paging: Query[Paging]
) -> dict[str, Any]:
    """Every token of the instance, narrowed and ordered as on the page of all tokens."""
    filters = filters_of_query(query, order.sort)
    return page_of_tokens(request, response, ReferenceToken.objects.all(), filters, paging)


@router.get("/{uuid:token_id}", auth=READ, response=TokenDetails, summary="Read a token")
def read_token(request: Request, response: HttpResponse, token_id: Path[UUID]) -> dict[str, Any]:
    """The token, its chain, its uses and its refusals."""
    return token_details(response, found_token(ReferenceToken.objects.all(), token_id), request.caller.now)


@router.patch("/{uuid:token_id}", auth=WRITE, response=TokenDetails, summary="Rename a token")
def rename_one_token(
    request: Request, response: HttpResponse, token_id: Path[UUID], body: Description, if_match: MayMatch = ""
) -> dict[str, Any]:
    """Change its description. If-Match is not required; where it is sent, it counts."""
    tokens = ReferenceToken.objects.all()
    rename(request, found_token(tokens, token_id), body, if_match)
    return token_details(response, found_token(tokens, token_id), request.caller.now)


@router.post("/{uuid:token_id}/revoke", auth=WRITE, response=Withdrawn, summary="Revoke a token")
def revoke_one_token(request: Request, token_id: Path[UUID], body: Why = NO_REASON) -> dict[str, Any]:
    """Final, and at once. A token that is revoked already, or has expired, stays as it is."""
    return revoked(request, ReferenceToken.objects.all(), token_id, body)


@router.post("/{uuid:token_id}/suspend", auth=WRITE, response=Withdrawn, summary="Suspend a token")
def suspend_one_token(request: Request, token_id: Path[UUID], body: Why = NO_REASON) -> dict[str, Any]:
    """Not good until it is resumed. A token that is suspended already stays as it is."""
    tokens, caller = ReferenceToken.objects.all(), request.caller
    refuse_ended(request, found_token(tokens, token_id))
    done = suspend_with_old_values(
        actor=caller.actor,
        token_id=token_id,
        now=caller.now,
        reason=kept_reason(body.reason),
        with_old_values=not body.keep_old_values,
    )
    return withdrawn(request, tokens, token_id, done)


@router.post("/{uuid:token_id}/resume", auth=WRITE, response=TokenMembers, summary="Resume a token")
def resume_one_token(request: Request, token_id: Path[UUID]) -> dict[str, Any]:
    """Let it be good again. A token that is not suspended stays as it is."""
    tokens, caller = ReferenceToken.objects.all(), request.caller
    refuse_ended(request, found_token(tokens, token_id))
    resume_token(actor=caller.actor, token_id=token_id, now=caller.now)
    return token_members(found_token(tokens, token_id), caller.now)


@router.post("/{uuid:token_id}/rotate", auth=WRITE, response={201: Rotated}, summary="Rotate a service access token")
def rotate_one_token(request: Request, token_id: Path[UUID], body: Overlap = USUAL_OVERLAP) -> dict[str, Any]:
    """A new value in its place, shown this once. A PAT is rotated by its holder alone."""
    token = found_token(ReferenceToken.objects.all(), token_id)
    if token.kind == ReferenceToken.Kind.PAT:
        raise Problem(HTTPStatus.FORBIDDEN, "A personal access token is rotated by its holder alone.")
    return rotated(request, token, body)


def refuse_ended(request: Request, token: ReferenceToken) -> None:
    """Raise `Problem` 409 for a token that has ended."""
    if sentence := ENDED.get(token.state(request.caller.now)):
        raise conflict(sentence)
