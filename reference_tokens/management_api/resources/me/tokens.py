"""`/me/tokens`: the caller's own tokens.

To a person's token these are all PATs of that person. A SAT belongs to its application, and nobody answers for the
other SATs beside it: to it, it is its only token itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Field, Path, Query, Router

from reference_tokens.management_api.authentication import SELF_READ, SELF_WRITE
from reference_tokens.management_api.paging import Page, Paging
from reference_tokens.management_api.preconditions import MayMatch
from reference_tokens.management_api.requests import Request
from reference_tokens.management_api.resources.tokens.acts import (
    NO_REASON,
    USUAL_OVERLAP,
    Description,
    Overlap,
    Rotated,
    Why,
    Withdrawn,
    rename,
    revoked,
    rotated,
)
from reference_tokens.management_api.resources.tokens.details import TokenDetails, found_token, token_details
from reference_tokens.management_api.resources.tokens.lists import (
    Ordered,
    TokenQuery,
    filters_of_query,
    page_of_tokens,
)
from reference_tokens.management_api.resources.tokens.members import TokenMembers
from reference_tokens.models import ReferenceToken

if TYPE_CHECKING:
    from reference_tokens.models import ReferenceTokenQuerySet

router = Router(tags=["me"])


class OwnQuery(TokenQuery):
    """What the list of one's own tokens can be narrowed to."""

    application: str = Field("", max_length=200, description="An id or a URI, or a part of a name or URI.")


def own_tokens(request: Request) -> ReferenceTokenQuerySet:
    """The caller's own tokens, and no others."""
    caller = request.caller
    if caller.holder.is_person:
        return ReferenceToken.objects.held_by(caller.holder)
    return ReferenceToken.objects.filter(pk=caller.token_id)


@router.get("/tokens", auth=SELF_READ, response=Page[TokenMembers], summary="List my tokens")
def list_my_tokens(
    request: Request, response: HttpResponse, query: Query[OwnQuery], order: Query[Ordered], paging: Query[Paging]
) -> dict[str, Any]:
    """All PATs of a person; of a SAT, itself."""
    filters = filters_of_query(query, order.sort)
    return page_of_tokens(request, response, own_tokens(request), filters, paging, is_of_one_owner=True)


@router.get("/tokens/{uuid:token_id}", auth=SELF_READ, response=TokenDetails, summary="Read a token of mine")
def read_my_token(request: Request, response: HttpResponse, token_id: Path[UUID]) -> dict[str, Any]:
    """The token, its chain, its uses and its refusals."""
    return token_details(response, found_token(own_tokens(request), token_id), request.caller.now)


@router.patch("/tokens/{uuid:token_id}", auth=SELF_WRITE, response=TokenDetails, summary="Rename a token of mine")
def rename_my_token(
    request: Request, response: HttpResponse, token_id: Path[UUID], body: Description, if_match: MayMatch = ""
) -> dict[str, Any]:
    """Change its description. If-Match is not required; where it is sent, it counts."""
    tokens = own_tokens(request)
    rename(request, found_token(tokens, token_id), body, if_match)
    return token_details(response, found_token(tokens, token_id), request.caller.now)


@router.post(
    "/tokens/{uuid:token_id}/rotate", auth=SELF_WRITE, response={201: Rotated}, summary="Rotate a token of mine"
)
def rotate_my_token(request: Request, token_id: Path[UUID], body: Overlap = USUAL_OVERLAP) -> dict[str, Any]:
    """A new value in its place, shown this once. Tokens of this API are rotated by people alone."""
    return rotated(request, found_token(own_tokens(request), token_id), body)


@router.post("/tokens/{uuid:token_id}/revoke", auth=SELF_WRITE, response=Withdrawn, summary="Revoke a token of mine")
def revoke_my_token(request: Request, token_id: Path[UUID], body: Why = NO_REASON) -> dict[str, Any]:
    """Final, and at once; the one that asks too. A token that has ended stays as it is."""
    return revoked(request, own_tokens(request), token_id, body)
