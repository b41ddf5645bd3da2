from __future__ import annotations

import sys
import uuid
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.audit import OPERATOR
from accounts.commands import Command as BaseCommand
from accounts.commands import Error, instant, secret_from_standard_input, user_named
from reference_tokens import validation
from reference_tokens.key_ring import under_lost_keys
from reference_tokens.models import ReferenceToken, ReferenceTokenQuerySet
from reference_tokens.revocation import revoke_token, revoke_tokens
from trusted_apps.commands import application_with_uri

Chosen = tuple[ReferenceTokenQuerySet, dict[str, Any]]


class Command(BaseCommand):
    help = "Revoke tokens at once and for good. Asks first, unless --yes."
    example = 'revoke_tokens --user alice --reason "Laptop stolen" --yes'

    def add_options(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--id", metavar="ID", help="the token with this id")
        which.add_argument("--token-stdin", action="store_true", help="the token on standard input; needs --yes")
        which.add_argument("--user", metavar="USERNAME", help="every PAT of this person")
        which.add_argument("--application", metavar="URI", help="every PAT and SAT of this application")
        which.add_argument("--issued-before", metavar="ISO", help="every token issued before this time")
        which.add_argument("--lost-keys", action="store_true", help="every token whose key is not in TOKEN_HASH_KEYS")
        which.add_argument("--all", action="store_true", help="every token of the instance")
        parser.add_argument("--reason", default="", help="why, for the people concerned and the audit log")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        if options["token_stdin"] and not options["yes"]:
            raise Error("--token-stdin needs --yes: standard input cannot answer a question as well.")
        now = timezone.now()
        tokens, chosen_by = chosen(options)
        count = tokens.not_ended(now).count()
        if count and not options["yes"]:
            confirm(count)
        if list(chosen_by) == ["token"]:
            ended = [
                revoke_token(actor=OPERATOR, token_id=pk, now=now, reason=options["reason"])
                for pk in tokens.values_list("pk", flat=True)
            ]
            return {"revoked": sum(ended)}
        return {
            "revoked": revoke_tokens(
                actor=OPERATOR, tokens=tokens, chosen_by=chosen_by, now=now, reason=options["reason"]
            )
        }

    def lines(self, result: dict[str, Any]) -> list[str]:
        count = result["revoked"]
        return [f"Revoked {count} token{'' if count == 1 else 's'}."]


def chosen(options: dict[str, Any]) -> Chosen:
    """The tokens that the options name, and the filter as the audit log keeps it; raises `Error`."""
    tokens = ReferenceToken.objects.all()
    if options["token_stdin"]:
        return one(validation.token_id_of(secret_from_standard_input("token")))
    if options["id"] is not None:
        return one(parsed_id(options["id"]))
    if options["user"] is not None:
        user = user_named(options["user"])
        return tokens.held_by(user), {"user": str(user.pk)}
    if options["application"] is not None:
        application = application_with_uri(options["application"])
        return tokens.of(application), {"application": str(application.pk)}
    if options["issued_before"] is not None:
        before: datetime = instant("--issued-before", options["issued_before"])
        return tokens.filter(issued_at__lt=before), {"issued_before": before.isoformat()}
    return (under_lost_keys(tokens), {"lost_keys": True}) if options["lost_keys"] else (tokens, {"all": True})


def one(token_id: uuid.UUID | None) -> Chosen:
    """A single token; raises `Error` where there is none."""
    tokens = ReferenceToken.objects.filter(pk__in=[token_id] if token_id else [])
    if not tokens.exists():
        raise Error("there is no such token.")
    return tokens, {"token": str(token_id)}


def parsed_id(text: str) -> uuid.UUID | None:
    """A token's id, or None where the text is not one."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def confirm(count: int) -> None:
    """Ask on the terminal; raises `Error` where the answer is not yes, or nobody can answer."""
    if not sys.stdin.isatty():
        raise Error("give --yes to revoke without being asked.")
    question = f"Revoke {count} token{'' if count == 1 else 's'}? This cannot be undone. Type yes: "
    # Standard output is for the result alone, which may be JSON on its way into a file.
    print(question, end="", file=sys.stderr, flush=True)  # noqa: T201
    if sys.stdin.readline().strip().lower() != "yes":
        raise Error("nothing was revoked.")
