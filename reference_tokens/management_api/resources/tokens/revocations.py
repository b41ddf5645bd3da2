"""`/tokens/revocations`: many tokens revoked by one act, exactly those that were counted (MANY-1)."""

from __future__ import annotations

from ninja import Field, Router, Schema

from reference_tokens.lifecycle.revocation import revoke_tokens
from reference_tokens.management_api.authentication import WRITE
from reference_tokens.management_api.requests import Request
from reference_tokens.management_api.resources.tokens.acts import kept_reason
from reference_tokens.management_api.resources.tokens.chosen import (
    ChoiceWithOldValues,
    beside_them,
    chosen,
    done_to_all,
    old_values_beside,
)

router = Router(tags=["tokens"])


class Revoked(Schema):
    """What was done."""

    revoked: int = Field(description="How many tokens ended, old values included.")
    old_values: int = Field(description="How many of them were old values beside those that were named.")


@router.post("/revocations", auth=WRITE, response=Revoked, summary="Revoke many tokens")
def revoke_many_tokens(request: Request, body: ChoiceWithOldValues) -> dict[str, int]:
    """All or none. Where they are not as many as expected nothing is done: 409 with their number in `count`."""
    now, reason = request.caller.now, kept_reason(body.reason)
    found = chosen(body, now)
    found = beside_them(found, old_values_beside(found, body, now))
    revoked = done_to_all(request, body, found, revoke_tokens, reason=reason)
    return {"revoked": revoked, "old_values": found.old_values}
