from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.commands import Command as BaseCommand
from accounts.commands import Error
from reference_tokens.commands.choice import add_choice_of_one, chosen_one
from reference_tokens.lifecycle.rotation import (
    DEFAULT_OVERLAP,
    LONGEST_OVERLAP,
    RotationRefused,
    end_of,
    rotate_token,
)

LONGEST_SECONDS = int(LONGEST_OVERLAP.total_seconds())
DEFAULT_SECONDS = int(DEFAULT_OVERLAP.total_seconds())


def seconds(text: str) -> timedelta:
    """An overlap in whole seconds, as `POST /api/token/rotate` takes it."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(LONGEST_SECONDS))
    if not is_number or int(text) > LONGEST_SECONDS:
        raise ArgumentTypeError(f"not a whole number of seconds from 0 to {LONGEST_SECONDS}")
    return timedelta(seconds=int(text))


class Command(BaseCommand):
    help = (
        "Put a new value in the place of a token, PAT or SAT. It is printed once and cannot be shown again. The old "
        "value works on for a day, unless --overlap-seconds."
    )
    example = "rotate_token --token-stdin --overlap-seconds 3600"

    def add_options(self, parser: CommandParser) -> None:
        add_choice_of_one(parser)
        parser.add_argument(
            "--overlap-seconds",
            type=seconds,
            default=DEFAULT_OVERLAP,
            metavar="N",
            help=f"how long the old value works on, 0 to {LONGEST_SECONDS}; 0 revokes it (default: {DEFAULT_SECONDS})",
        )

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        token_id = chosen_one(options)
        try:
            issued = rotate_token(
                actor=OPERATOR, token_id=token_id, overlap=options["overlap_seconds"], now=timezone.now()
            )
        except RotationRefused as refused:
            raise Error(f"the token was not rotated: {refused}") from refused
        token, old = issued.token, issued.token.replaces
        assert old  # noqa: S101 - for the type checker: a rotation replaces
        return {
            "id": str(token.pk),
            "token": issued.plaintext,
            "kind": str(token.kind),
            "application": token.application.application_uri,
            "scopes": list(token.scopes),
            "expires_at": token.expires_at.isoformat() if token.expires_at else None,
            "replaces": str(old.pk),
            "previous_expires_at": end_of(old).isoformat(),
        }

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [result["token"]]
