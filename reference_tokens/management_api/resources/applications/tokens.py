"""`/applications/ID/tokens`: every token of an application, and issuing one that acts as its System User."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Path, Query, Router, Schema
from pydantic import StrictInt

from reference_tokens.lifecycle.issuance import IssuingRefused, TokenRequest, allowed_scopes, issue_sat
from reference_tokens.management_api.authentication import READ, WRITE
from reference_tokens.management_api.bodies import Line, Members
from reference_tokens.management_api.instants import Instant
from reference_tokens.management_api.paging import Page, Paging
from reference_tokens.management_api.problems import conflict, invalid
from reference_tokens.management_api.requests import Request
from reference_tokens.management_api.resources.applications.members import ScopeNames
from reference_tokens.management_api.resources.tokens.acts import refuse_own_application
from reference_tokens.management_api.resources.tokens.lists import (
    Ordered,
    TokenQuery,
    filters_of_query,
    page_of_tokens,
)
from reference_tokens.management_api.resources.tokens.members import TokenMembers
from reference_tokens.models import ReferenceToken
from reference_tokens.models.lifetime import expiry_in_days, require_allowed_expiry
from trusted_apps.models import TrustedApplication

router = Router(tags=["applications"])

EXPIRES_IN_DAYS, EXPIRES_AT = "expires_in_days", "expires_at"


class OfApplication(TokenQuery):
    """What the list of the tokens of an application can be narrowed to."""

    kind: ReferenceToken.Kind | None = None
    owner: str = Field("", max_length=150, description="The user name of the holder.")
    group: str = Field("", max_length=150, description="The name of a group that the holder is in.")


class NewToken(Members):
    """A token that is to be issued; exactly one of `expires_in_days` and `expires_at` says how long it lives."""

    scopes: ScopeNames
    description: Line = ""
    expires_in_days: Annotated[StrictInt, Field(ge=1, le=36_500)] = 1
    expires_at: Instant | None = Field(None, description="Null: never, where the application allows that.")


class IssuedMembers(Schema):
    """A token that was issued. Its value stands in this answer alone; null in a dry run."""

    id: UUID
    token: str | None
    hint: str
    kind: ReferenceToken.Kind
    application: str
    scopes: list[str]
    expires_at: datetime | None


@router.get(
    "/{uuid:application_id}/tokens", auth=READ, response=Page[TokenMembers], summary="List tokens of an application"
)
def list_tokens_of_application(  # noqa: PLR0913, PLR0917 - which application, and which of its tokens
    request: Request,
    response: HttpResponse,
    application_id: Path[UUID],
    query: Query[OfApplication],
    order: Query[Ordered],
    paging: Query[Paging],
) -> dict[str, Any]:
    """Every PAT and SAT of the application, narrowed and ordered as on its page."""
    tokens = ReferenceToken.objects.of(get_object_or_404(TrustedApplication, pk=application_id))
    return page_of_tokens(request, response, tokens, filters_of_query(query, order.sort), paging)


@router.post(
    "/{uuid:application_id}/tokens", auth=WRITE, response={201: IssuedMembers}, summary="Issue a service access token"
)
def issue_token(request: Request, response: HttpResponse, application_id: Path[UUID], body: NewToken) -> dict[str, Any]:
    """Issue a token that acts as the System User of the application, and tell its value this once."""
    caller = request.caller
    application = get_object_or_404(TrustedApplication, pk=application_id)
    refuse_own_application(application)
    asked = token_request_of(body, application, caller.now)
    try:
        issued = issue_sat(actor=caller.actor, application=application, token_request=asked, now=caller.now)
    except IssuingRefused as refused:
        raise conflict(str(refused)) from refused
    response["Location"] = f"/api/v1/tokens/{issued.token.pk}"
    return {
        "id": issued.token.pk,
        "token": issued.plaintext,
        "hint": issued.token.hint,
        "kind": issued.token.kind,
        "application": application.application_uri,
        "scopes": list(issued.token.scopes),
        "expires_at": issued.token.expires_at,
    }


def token_request_of(body: NewToken, application: TrustedApplication, now: datetime) -> TokenRequest:
    """What the body asks for; raises `ValidationError` at the member that the application does not allow."""
    name = member_of_expiry(body)
    expires_at = expiry_in_days(body.expires_in_days, now) if name == EXPIRES_IN_DAYS else body.expires_at
    with refused_at("scopes"):
        allowed_scopes(application, body.scopes)
    with refused_at(name):
        require_allowed_expiry(application, expires_at, now)
    return TokenRequest(body.scopes, expires_at, body.description)


def member_of_expiry(body: NewToken) -> str:
    """The member that says how long the token lives; raises `Problem` 422 for none or two."""
    given = [name for name in (EXPIRES_IN_DAYS, EXPIRES_AT) if name in body.model_fields_set]
    if len(given) != 1:
        detail = "Send exactly one of expires_in_days and expires_at (null: never)."
        raise invalid([{"pointer": f"#/{name}", "detail": detail} for name in given or [EXPIRES_AT]])
    return given[0]


@contextmanager
def refused_at(member: str) -> Iterator[None]:
    """Say of what a lower layer refuses that it stands in this member."""
    try:
        yield
    except ValidationError as refused:
        raise ValidationError({member: refused}) from refused
