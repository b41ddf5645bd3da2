from __future__ import annotations

import sys
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.commands import Command as BaseCommand
from accounts.commands import Error, find_user, parse_instant_option, secret_from_standard_input
from accounts.forms.fingerprints import SetChanged, fingerprint
from reference_tokens.commands import resource_server_called
from reference_tokens.lifecycle.hash_keys import under_lost_keys
from reference_tokens.lifecycle.old_values import live_chain, old_values_of, with_old_values_of
from reference_tokens.lifecycle.revocation import revoke_tokens, revoke_with_old_values
from reference_tokens.lifecycle.selection import SHOWN_AT_MOST, id_texts
from reference_tokens.lists.finding.conditions import of_server
from reference_tokens.models import ReferenceToken, ReferenceTokenQuerySet
from reference_tokens.validation import validate as validation
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
        which.add_argument("--server", metavar="CLIENT_ID", help="every token that this Resource Server may ask about")
        which.add_argument("--issued-before", metavar="ISO", help="every token issued before this time")
        which.add_argument("--lost-keys", action="store_true", help="every token whose key is not in TOKEN_HASH_KEYS")
        which.add_argument("--all", action="store_true", help="every token of the instance")
        parser.add_argument(
            "--keep-old-values", action="store_true", help="leave old values that live on beside the newest of a chain"
        )
        parser.add_argument("--reason", default="", help="why, for the people concerned and the audit log")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        if options["token_stdin"] and not options["yes"]:
            raise Error("--token-stdin needs --yes: standard input cannot answer a question as well.")
        tokens, chosen_by = chosen(options)
        keeps_old_values, reason = options["keep_old_values"], options["reason"]
        if options["yes"]:
            with self.watched(options) as report, transaction.atomic():
                report("Counting tokens")
                counted = count(tokens, chosen_by, keeps_old_values=keeps_old_values)
                report(f"Revoking {tokens_in_words(counted.meant)}")
                return revoke(counted, chosen_by, reason=reason, shown=None)
        while True:
            with self.watched(options) as report:
                report("Counting tokens")
                counted = count(tokens, chosen_by, keeps_old_values=keeps_old_values)
            if counted.meant:
                confirm(counted)
            try:
                with self.watched(options) as report:
                    report(f"Revoking {tokens_in_words(counted.meant)}")
                    return revoke(counted, chosen_by, reason=reason, shown=counted.seen)
            except SetChanged:
                tell("Nothing was revoked: these are other tokens than those you were asked about.\n")

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [f"Revoked {tokens_in_words(result['revoked'])}.", *map(fate_of, result.get("old_values", []))]


@dataclass(frozen=True, slots=True)
class Counted:
    """The tokens that are to be revoked, how many that is now, and what stands for them."""

    tokens: ReferenceTokenQuerySet
    meant: int
    # Those that live on beside the tokens that are meant by themselves, and whether they are left as they are.
    old_values: list[ReferenceToken]
    keeps_old_values: bool
    seen: str


def count(tokens: ReferenceTokenQuerySet, chosen_by: dict[str, Any], *, keeps_old_values: bool) -> Counted:
    """Count the tokens, and the old values that live on beside them."""
    now = timezone.now()
    live = tokens.not_ended(now)
    beside = old_values_of(live, now)
    old_values = list(beside.order_by("-issued_at", "-pk"))
    meant = with_old_values_of(live, beside) if old_values and not keeps_old_values else live
    ids = id_texts(meant)
    is_one = list(chosen_by) == ["token"]
    seen = live_chain(uuid.UUID(chosen_by["token"]), now).seen if is_one else fingerprint(ids)
    return Counted(meant, len(ids), old_values, keeps_old_values, seen)


def revoke(counted: Counted, chosen_by: dict[str, Any], *, reason: str, shown: str | None) -> dict[str, Any]:
    """Revoke what is meant; raises `SetChanged` where that is something else than what was shown.

    The clock is read here, after the question.
    """
    act: Any = {"actor": OPERATOR, "now": timezone.now(), "reason": reason, "shown": shown}
    if list(chosen_by) == ["token"]:
        token_id = uuid.UUID(chosen_by["token"])
        ended = len(revoke_with_old_values(token_id=token_id, with_old_values=not counted.keeps_old_values, **act))
    else:
        ended = revoke_tokens(tokens=counted.tokens, chosen_by=chosen_by, **act)
    result: dict[str, Any] = {"revoked": ended}
    if counted.old_values:
        result["old_values"] = [described(old) for old in counted.old_values]
    return result


def described(old: ReferenceToken) -> dict[str, Any]:
    """What has become of an old value."""
    old.refresh_from_db(fields=["revoked_at"])
    ends_at = old.revoked_at or old.expires_at
    assert ends_at  # noqa: S101 - for the type checker: a rotation gives it an end
    return {
        "id": str(old.pk),
        "hint": old.hint,
        "revoked": old.revoked_at is not None,
        "ends_at": ends_at.isoformat(),
    }


def fate_of(old: dict[str, Any]) -> str:
    """What has become of an old value, in words."""
    if old["revoked"]:
        return f"The old value {old['hint']} is revoked."
    return f"The old value {old['hint']} works on until {old['ends_at']}: {old['id']}"


def chosen(options: dict[str, Any]) -> Chosen:
    """The tokens that the options name, and the filter as the audit log keeps it; raises `Error`."""
    if options["token_stdin"]:
        return one(validation.token_id_of(secret_from_standard_input("token")))
    if options["id"] is not None:
        return one(parsed_id(options["id"]))
    return many(ReferenceToken.objects.all(), options)


def many(tokens: ReferenceTokenQuerySet, options: dict[str, Any]) -> Chosen:
    """All of the tokens that have in common what the options say; raises `Error`."""
    if options["user"] is not None:
        user = find_user(options["user"])
        return tokens.held_by(user), {"user": str(user.pk)}
    if options["application"] is not None:
        application = application_with_uri(options["application"])
        return tokens.of(application), {"application": str(application.pk)}
    if options["server"] is not None:
        server = resource_server_called(options["server"])
        return tokens.filter(of_server(server.client_id).found), {"server": server.client_id}
    if options["issued_before"] is not None:
        before: datetime = parse_instant_option("--issued-before", options["issued_before"])
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


def confirm(counted: Counted) -> None:
    """Ask on the terminal; raises `Error` where the answer is not yes, or nobody can answer."""
    if not sys.stdin.isatty():
        raise Error("give --yes to revoke without being asked.")
    tell(f"Revoke {tokens_in_words(counted.meant)}? {old_values_in_words(counted)}This cannot be undone. Type yes: ")
    if sys.stdin.readline().strip().lower() != "yes":
        raise Error("nothing was revoked.")


def old_values_in_words(counted: Counted) -> str:
    """The old values that live on, and whether they are among the tokens; nothing where there are none."""
    if not counted.old_values:
        return ""
    named = [f"{old.hint} until {old.expires_at:%Y-%m-%d %H:%M} UTC" for old in counted.old_values[:SHOWN_AT_MOST]]
    more = [f"{rest} more"] if (rest := len(counted.old_values) - len(named)) else []
    are = (
        "These old values work on beside them" if counted.keeps_old_values else "Among them are old values that work on"
    )
    return f"{are}: {', '.join(named + more)}. "


def tokens_in_words(number: int) -> str:
    """So many tokens."""
    return f"{number} token{'' if number == 1 else 's'}"


def tell(text: str) -> None:
    """Write on the terminal, where somebody is asked. Standard output is for the result, perhaps JSON for a file."""
    print(text, end="", file=sys.stderr, flush=True)  # noqa: T201 - a question stands on standard error, without a line's end
