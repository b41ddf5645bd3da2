from __future__ import annotations

import uuid
from typing import Any

from django.core.management.base import CommandParser

from reference_tokens.commands.acts import Act, CommandOnTokens
from reference_tokens.commands.choice import add_old_values_option, add_reason_option
from reference_tokens.lifecycle.revocation import revoke_tokens, revoke_with_old_values


def revoke_one(*, token_id: uuid.UUID, **given: Any) -> int:
    """Revoke a token, and old values beside it; returns how many were revoked."""
    return len(revoke_with_old_values(token_id=token_id, **given))


class Command(CommandOnTokens):
    help = "Revoke tokens at once and for good. Asks first, unless --yes."
    example = 'revoke_tokens --user alice --reason "Laptop stolen" --yes'
    act = Act(
        verb="Revoke",
        doing="Revoking",
        done="revoked",
        consequence="This cannot be undone.",
        left="These old values work on beside them",
        left_one="works on",
        reached=lambda tokens, now: tokens.not_ended(now),
        beside=lambda old_values, _now: old_values,
        to_one=revoke_one,
        to_many=revoke_tokens,
        done_at=lambda token: token.revoked_at,
    )

    def add_options(self, parser: CommandParser) -> None:
        super().add_options(parser)
        add_old_values_option(parser)
        add_reason_option(parser)
