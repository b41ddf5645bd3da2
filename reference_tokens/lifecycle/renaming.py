"""Giving a token another description (TOK-17)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from accounts.audit.record import Actor, Target, record_event
from accounts.forms.versions import Opened, require_as_opened
from reference_tokens.lifecycle.issuance import SET_BY_THE_SERVER
from reference_tokens.models import ReferenceToken

if TYPE_CHECKING:
    import uuid
    from datetime import datetime


def rename_token(
    *, actor: Actor, token_id: uuid.UUID, description: str, now: datetime, opened: Opened | None = None
) -> None:
    """Change what a token is called, whether it is live or not.

    Raises `ValidationError` for what no token may be called, and `ChangedMeanwhile` where it is not called what the
    form was `opened` with.
    """
    with transaction.atomic():
        token = ReferenceToken.objects.select_for_update(no_key=True).get(pk=token_id)
        before, target = description_of(token), Target("token", str(token_id))
        token.description = description
        token.clean_fields(exclude=SET_BY_THE_SERVER)
        given = description_of(token)
        require_as_opened(opened, target, before=before, after=given)
        if before != given:
            ReferenceToken.objects.filter(pk=token_id).update(**given)
            record_event(actor, "token:rename", target, now=now, details={"before": before, "after": given})


def description_of(token: ReferenceToken) -> dict[str, str]:
    """What the form edits."""
    return {"description": token.description}
