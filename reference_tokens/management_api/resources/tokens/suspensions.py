"""`/tokens/suspensions`, `/resumptions` and `/shortenings`: one act on many tokens, exactly those that were counted."""

from __future__ import annotations

import uuid
from datetime import datetime
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
    Chosen,
    beside_them,
    chosen,
    done_to_all,
    old_values_beside,
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
    now, reason, batch_id = request.caller.now, kept_reason(body.reason), uuid.uuid4()
    found = narrowed(chosen(body, now), State.LIVE, now)
    found = beside_them(found, old_values_beside(found, body, now).filter(suspended_at=None))
    suspended = done_to_all(request, body, found, suspend_tokens, reason=reason, batch_id=batch_id)
    return {"suspended": suspended, "old_values": found.old_values, "suspension": batch_id}


@router.post("/resumptions", auth=WRITE, response=Resumed, summary="Resume many tokens")
def resume_many_tokens(request: Request, body: Choice) -> dict[str, int]:
    """All that are suspended, or none; old values beside them stay as they are."""
    now = request.caller.now
    found = narrowed(chosen(body, now), State.SUSPENDED, now)
    return {"resumed": done_to_all(request, body, found, resume_chosen)}


@router.post("/shortenings", auth=WRITE, response=Shortened, summary="Let many tokens end sooner")
def shorten_many_tokens(request: Request, body: Shortening) -> dict[str, int]:
    """All that live longer end at `expires_at`, or none; no token lives longer for it."""
    now, expires_at = request.caller.now, body.expires_at
    if expires_at <= now:
        raise invalid_member("expires_at", "Give an instant that is to come; or revoke them.")
    found = chosen(body, now)
    found = found._replace(tokens=living_beyond(found.tokens, expires_at, now))
    target = Target("shortening", str(uuid.uuid4()))
    return {"shortened": done_to_all(request, body, found, shorten_tokens, target=target, expires_at=expires_at)}


def narrowed(found: Chosen, state: ReferenceToken.State, now: datetime) -> Chosen:
    """Those of the tokens that are in this state."""
    return found._replace(tokens=found.tokens.in_state(state, now))
