from __future__ import annotations

import uuid
from typing import Any

from django.core.management.base import CommandParser

from reference_tokens.commands.acts import Act, CommandOnTokens, Counted
from reference_tokens.commands.choice import add_old_values_option, add_reason_option
from reference_tokens.lifecycle.suspension import suspend_tokens, suspend_with_old_values
from reference_tokens.models import ReferenceToken


def suspend_one(*, token_id: uuid.UUID, **given: Any) -> int:
    """Suspend a token, and old values beside it; returns how many were suspended."""
    return len(suspend_with_old_values(token_id=token_id, **given))


class Command(CommandOnTokens):
    help = "Suspend tokens: what uses them fails at once, until resume_tokens. Asks first, unless --yes."
    example = 'suspend_tokens --application com.example/excel --reason "Under investigation" --yes'
    act = Act(
        verb="Suspend",
        doing="Suspending",
        done="suspended",
        consequence="What uses them fails at once, until they are resumed.",
        left="These old values work on beside them",
        left_one="works on",
        reached=lambda tokens, now: tokens.in_state(ReferenceToken.State.LIVE, now),
        beside=lambda old_values, _now: old_values.filter(suspended_at=None),
        to_one=suspend_one,
        to_many=suspend_tokens,
        done_at=lambda token: token.suspended_at,
    )

    def add_options(self, parser: CommandParser) -> None:
        super().add_options(parser)
        add_old_values_option(parser)
        add_reason_option(parser)

    def for_many(self) -> dict[str, Any]:
        return {"batch_id": self.suspension}

    def do(self, options: dict[str, Any], counted: Counted, *, shown: str | None) -> dict[str, Any]:
        self.suspension = uuid.uuid4()
        result = super().do(options, counted, shown=shown)
        if counted.one:
            self.undone_by = [f"--id {token_id}" for token_id in suspended_by_id(counted.one, result)]
            return result
        self.undone_by = [f"--suspension {self.suspension}"] if result["suspended"] else []
        return result | ({"suspension": str(self.suspension)} if result["suspended"] else {})

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [*super().lines(result), *(f"To undo it: resume_tokens {option}" for option in self.undone_by)]


def suspended_by_id(token_id: uuid.UUID, result: dict[str, Any]) -> list[str]:
    """The ids of the token and of the old values that were suspended with it; each is resumed by its own."""
    if not result["suspended"]:
        return []
    return [str(token_id), *(old["id"] for old in result.get("old_values", []) if old["suspended"])]
