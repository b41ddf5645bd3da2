"""`/tokens/suspensions`, `/resumptions` and `/shortenings`: one act on many tokens, exactly those that were counted."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from ninja import Field, Router, Schema

from accounts.audit.record import Target
from reference_tokens.lifecycle.shortening import living_beyond, shorten_tokens
from reference_tokens.lifecycle.suspension import resume_chosen, suspend_tokens
from reference_tokens.management_api.authentication import WRITE
from reference_tokens.management_api.instants import Instant
from reference_tokens.management_api.problems import invalid_member
from reference_tokens.management_api.requests import Request
from reference_tokens.management_api.resources.tokens.acts import kept_reason
from reference_tokens.management_api.resources.tokens.chosen import (
    Choice,
    ChoiceWithOldValues,
    beside_them,
    chosen,
    old_values_beside,
    require_expected,
)
from reference_tokens.models import ReferenceToken

router = Router(tags=["tokens"])
State = ReferenceToken.State


class Shortening(Choice):
    """Which tokens, and until when they may live at most."""

    expires_at: Instant


class Suspended(Schema):
    """What was done."""

    suspended: int = Field(description="How many tokens are suspended by this, old values included.")
    old_values: int = Field(description="How many of them were old values beside those that were named.")
    suspension: UUID = Field(description="What the audit log calls the act.")


class Resumed(Schema):
    """What was done."""

    resumed: int


class Shortened(Schema):
    """What was done."""

    shortened: int = Field(description="How many tokens lived longer, and end then.")


@router.post("/suspensions", auth=WRITE, response=Suspended, summary="Suspend many tokens")
def suspend_many_tokens(request: Request, body: ChoiceWithOldValues) -> dict[str, Any]:
    """All that are live, or none. Where they are not as many as expected nothing is done: 409 with their number."""
    caller, reason, batch_id = request.caller, kept_reason(body.reason), uuid.uuid4()
    found = chosen(body, caller.now)
    found = found._replace(tokens=found.tokens.in_state(State.LIVE, caller.now))
    found = beside_them(found, old_values_beside(found, body, caller.now).filter(suspended_at=None))
    require_expected(found.tokens.count(), found, body)
    suspended = suspend_tokens(
        actor=caller.actor,
        tokens=found.tokens,
        chosen_by=found.chosen_by,
        now=caller.now,
        reason=reason,
        batch_id=batch_id,
    )
    require_expected(suspended, found, body)
    return {"suspended": suspended, "old_values": found.old_values, "suspension": batch_id}


@router.post("/resumptions", auth=WRITE, response=Resumed, summary="Resume many tokens")
def resume_many_tokens(request: Request, body: Choice) -> dict[str, int]:
    """All that are suspended, or none; old values beside them stay as they are."""
    caller, found = request.caller, chosen(body, request.caller.now)
    tokens = found.tokens.in_state(State.SUSPENDED, caller.now)
    require_expected(tokens.count(), found, body)
    resumed = resume_chosen(actor=caller.actor, tokens=tokens, chosen_by=found.chosen_by, now=caller.now)
    require_expected(resumed, found, body)
    return {"resumed": resumed}


@router.post("/shortenings", auth=WRITE, response=Shortened, summary="Let many tokens end sooner")
def shorten_many_tokens(request: Request, body: Shortening) -> dict[str, int]:
    """All that live longer end at `expires_at`, or none; no token lives longer for it."""
    caller, found = request.caller, chosen(body, request.caller.now)
    if body.expires_at <= caller.now:
        raise invalid_member("expires_at", "Give an instant that is to come; or revoke them.")
    require_expected(living_beyond(found.tokens, body.expires_at, caller.now).count(), found, body)
    shortened = shorten_tokens(
        actor=caller.actor,
        tokens=found.tokens,
        target=Target("shortening", str(uuid.uuid4())),
        chosen_by=found.chosen_by,
        expires_at=body.expires_at,
        now=caller.now,
    )
    require_expected(shortened, found, body)
    return {"shortened": shortened}
