from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from accounts.audit.record import Actor
from accounts.commands import Error
from reference_tokens.commands.acts import Act, CommandOnTokens
from reference_tokens.commands.choice import Chosen, add_choice_of_many, id_in
from reference_tokens.lifecycle.suspension import resume_chosen, resume_token, resume_tokens
from reference_tokens.models import ReferenceToken


def resume_one(*, actor: Actor, token_id: uuid.UUID, now: datetime, **_asked: Any) -> int:
    """Resume a token alone; returns how many were resumed, none or one."""
    return int(resume_token(actor=actor, token_id=token_id, now=now))


def resume_many(*, chosen_by: dict[str, Any], **given: Any) -> int:
    """Resume what one act suspended, or what the options name; returns how many were resumed."""
    if suspension := chosen_by.get("suspension"):
        return resume_tokens(batch_id=uuid.UUID(suspension), **given)
    return resume_chosen(chosen_by=chosen_by, **given)


class Command(CommandOnTokens):
    help = "Let suspended tokens be good again. Asks first, unless --yes."
    example = "resume_tokens --application com.example/excel --yes"
    act = Act(
        verb="Resume",
        doing="Resuming",
        done="resumed",
        consequence="They are good again at once.",
        left="These old values beside them stay suspended",
        left_one="stays suspended",
        reached=lambda tokens, now: tokens.in_state(ReferenceToken.State.SUSPENDED, now),
        beside=lambda old_values, _now: old_values.exclude(suspended_at=None),
        to_one=resume_one,
        to_many=resume_many,
        done_at=lambda token: None if token.suspended_at else token.resumed_at,
    )

    def add_choice(self, parser: CommandParser) -> None:
        which = add_choice_of_many(parser)
        which.add_argument("--suspension", metavar="ID", help="those that one suspend_tokens suspended together")

    def chosen(self, options: dict[str, Any]) -> Chosen:
        if options["suspension"] is None:
            return super().chosen(options)
        suspension = id_in(options["suspension"])
        together = ReferenceToken.objects.filter(suspension_id=suspension)
        if suspension is None or not together.exists():
            raise Error("there is no such suspension.")
        return together, {"suspension": str(suspension)}

    def keeps_old_values(self, options: dict[str, Any]) -> bool:  # noqa: ARG002 - as the others are asked
        """They always stay as they are: each is resumed by itself."""
        return True
