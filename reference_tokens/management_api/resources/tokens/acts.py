"""What is done to one token, of those that the caller may choose from: anybody's, or their own."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables
from ninja import Field, Schema
from pydantic import StrictBool, StrictInt

from reference_tokens.lifecycle.renaming import rename_token
from reference_tokens.lifecycle.revocation import revoke_with_old_values
from reference_tokens.lifecycle.rotation import (
    DEFAULT_OVERLAP,
    LONGEST_OVERLAP,
    RotationRefused,
    end_of,
    rotate_token,
)
from reference_tokens.lifecycle.withdrawal import reason_to_keep
from reference_tokens.management_api.bodies import Members
from reference_tokens.management_api.preconditions import expected
from reference_tokens.management_api.problems import Problem, conflict
from reference_tokens.management_api.resources.tokens.details import found_token
from reference_tokens.management_api.resources.tokens.members import TokenMembers, token_members
from reference_tokens.models import ReferenceToken
from trusted_apps.built_in import MANAGEMENT_API_URI

if TYPE_CHECKING:
    from accounts.text.reasons import Reason
    from reference_tokens.lifecycle.issuance import IssuedToken
    from reference_tokens.management_api.requests import Request
    from reference_tokens.models import ReferenceTokenQuerySet
    from trusted_apps.models import TrustedApplication


class Description(Members):
    """What is to be changed of a token: nothing else of it can be (TOK-17)."""

    description: str


class Why(Members):
    """Why, and whether old values of its chain are left as they are."""

    reason: str = Field(default="", description="For the people concerned and the audit log.")
    keep_old_values: StrictBool = Field(
        default=False, description="Leave old values that live on beside the newest of a chain."
    )


class Overlap(Members):
    """How long the old value lives on."""

    overlap_seconds: StrictInt = Field(
        default=int(DEFAULT_OVERLAP.total_seconds()),
        ge=0,
        le=int(LONGEST_OVERLAP.total_seconds()),
        description="0 revokes it.",
    )


# What a call without a body means.
NO_REASON, USUAL_OVERLAP = Why(), Overlap()


class Withdrawn(TokenMembers):
    """The token after the act."""

    old_values: list[UUID] = Field(description="The old values of its chain to which the same was done.")


class Rotated(Schema):
    """The new token, with its value this once."""

    id: UUID
    token: str | None = Field(description="Its value: null in a dry run.")
    kind: ReferenceToken.Kind
    application: str
    scopes: list[str]
    expires_at: datetime | None
    hint: str
    replaces: UUID
    previous_expires_at: datetime = Field(description="When the old value ends.")


def rename(request: Request, token: ReferenceToken, new: Description, tag: str) -> None:
    """Give a token another description; a program need not have read it before, but may say what it read.

    Raises `ValidationError`, and `ChangedMeanwhile` where it has another description than what the tag stands for.
    """
    caller, opened = request.caller, expected(tag) if tag else None
    rename_token(actor=caller.actor, token_id=token.pk, description=new.description, now=caller.now, opened=opened)


def kept_reason(text: str) -> Reason:
    """The reason as it is stored; raises `ValidationError` for the member where it cannot be."""
    try:
        return reason_to_keep(text)
    except ValidationError as refused:
        raise ValidationError({"reason": refused.messages}) from refused


def revoked(request: Request, tokens: ReferenceTokenQuerySet, token_id: UUID, why: Why) -> dict[str, Any]:
    """Revoke one of the tokens, with its old values as on the page. One that has ended stays as it is."""
    caller, token = request.caller, found_token(tokens, token_id)
    ended = revoke_with_old_values(
        actor=caller.actor,
        token_id=token.pk,
        now=caller.now,
        reason=kept_reason(why.reason),
        with_old_values=not why.keep_old_values,
    )
    return withdrawn(request, tokens, token_id, ended)


def withdrawn(
    request: Request, tokens: ReferenceTokenQuerySet, token_id: UUID, done: list[ReferenceToken]
) -> dict[str, Any]:
    """The token after an act, and the old values to which the same was `done`."""
    told = token_members(found_token(tokens, token_id), request.caller.now)
    return told | {"old_values": [token.pk for token in done if token.pk != token_id]}


@sensitive_variables("issued")
def rotated(request: Request, token: ReferenceToken, overlap: Overlap) -> dict[str, Any]:
    """Put a new value in the place of a token's.

    Raises `Problem`: 403 for a token of this API, 409 where it cannot be rotated now.
    """
    refuse_own_application(token.application)
    caller = request.caller
    lasting = timedelta(seconds=overlap.overlap_seconds)
    try:
        issued = rotate_token(actor=caller.actor, token_id=token.pk, overlap=lasting, now=caller.now)
    except RotationRefused as refused:
        raise conflict(str(refused), reason=str(refused.reason)) from refused
    return rotation_told(issued)


@sensitive_variables("issued")
def rotation_told(issued: IssuedToken) -> dict[str, Any]:
    """The new token, and what becomes of the old one."""
    token, old = issued.token, issued.token.replaces
    assert old  # noqa: S101 - for the type checker: a rotation replaces
    return {
        "id": token.pk,
        "token": issued.plaintext,
        "kind": token.kind,
        "application": token.application.application_uri,
        "scopes": token.scopes,
        "expires_at": token.expires_at,
        "hint": token.hint,
        "replaces": old.pk,
        "previous_expires_at": end_of(old),
    }


def refuse_own_application(application: TrustedApplication) -> None:
    """Raise `Problem` 403 for the application of this API: no program makes a value that calls it (API-3)."""
    if application.application_uri == MANAGEMENT_API_URI:
        detail = f"Tokens for {MANAGEMENT_API_URI} are issued and rotated by people alone."
        raise Problem(HTTPStatus.FORBIDDEN, detail)
