"""`/me`: the holder of the token that asks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ninja import Router, Schema

from reference_tokens.management_api.authentication import SELF_READ
from reference_tokens.management_api.requests import Request

router = Router(tags=["me"])


class Myself(Schema):
    """Whom the token speaks for, and what it may do here."""

    id: UUID
    username: str
    kind: str
    is_administrator: bool
    token_id: UUID
    scopes: list[str]


@router.get("", auth=SELF_READ, response=Myself, summary="Who am I")
def read_me(request: Request) -> dict[str, Any]:
    """The holder of the token."""
    caller = request.caller
    return {
        "id": caller.holder.pk,
        "username": caller.holder.username,
        "kind": "person" if caller.holder.is_person else "system",
        "is_administrator": caller.holder.is_administrator,
        "token_id": caller.token_id,
        "scopes": sorted(caller.scopes),
    }
