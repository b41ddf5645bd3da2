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
    old_values_beside,
    require_expected,
)

router = Router(tags=["tokens"])


class Revoked(Schema):
    """What was done."""

    revoked: int = Field(description="How many tokens ended, old values included.")
    old_values: int = Field(description="How many of them were old values beside those that were named.")


@router.post("/revocations", auth=WRITE, response=Revoked, summary="Revoke many tokens")
def revoke_many_tokens(request: Request, body: ChoiceWithOldValues) -> dict[str, int]:
    """All or none. Where they are not as many as expected nothing is done: 409 with their number in `count`."""
    caller, reason = request.caller, kept_reason(body.reason)
    found = chosen(body, caller.now)
    found = beside_them(found, old_values_beside(found, body, caller.now))
    require_expected(found.tokens.count(), found, body)
    # Who was waited for may have ended some: then all of this is taken back.
    revoked = revoke_tokens(
        actor=caller.actor, tokens=found.tokens, chosen_by=found.chosen_by, now=caller.now, reason=reason
    )
    require_expected(revoked, found, body)
    return {"revoked": revoked, "old_values": found.old_values}
