from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.commands import ListCommand, find_user, words_searched
from accounts.progress import Report, is_watched, rows_with_progress
from reference_tokens.lists.filtering.form import MOST_DAYS
from reference_tokens.lists.finding.conditions import narrowed_tokens
from reference_tokens.lists.finding.filters import TokenFilters
from reference_tokens.models import ReferenceToken, ReferenceTokenQuerySet
from reference_tokens.models.outside_policy import Outside
from trusted_apps.commands import application_with_uri

READ_AT_ONCE = 1000
DAYS = {
    "unused": "not used for so many days, or never used and issued before that",
    "never_used": "never used, and issued so many days ago or earlier",
    "expires_within": "that expire within so many days",
}
# Those of a list on a page that are options of the same name.
FILTERS = (*DAYS, "issued_before", "no_expiry", "outside")


def days(text: str) -> int:
    """A number of days, as a filter of a list takes it."""
    number = int(text) if text.isdecimal() and len(text) <= len(str(MOST_DAYS)) else 0
    if not 1 <= number <= MOST_DAYS:
        raise ArgumentTypeError(f"not a number of days from 1 to {MOST_DAYS}")
    return number


def day(text: str) -> date:
    """A day as ISO 8601 has it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("not a day such as 2026-03-31") from None


class Command(ListCommand):
    help = "List tokens, newest first: everything that is known of them, which their values are not."
    example = "list_tokens --user alice --state live"
    member, nothing = "tokens", "No tokens."
    columns = ("id", "hint", "kind", "application", "username", "state", "expires_at", "description")

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--application", metavar="URI", help="of this application")
        parser.add_argument("--user", metavar="USERNAME", help="PATs of this person")
        parser.add_argument("--kind", choices=ReferenceToken.Kind.values)
        parser.add_argument("--state", choices=[*ReferenceToken.State.values, "all"], help="live, unless --exposed")
        parser.add_argument("--exposed", action="store_true", help="that were reported as leaked, in any state")
        parser.add_argument("--search", metavar="WORDS", default="", help="found by each word, as on the pages")
        parser.add_argument("--scope", default="", help="with this scope")
        for name, text in DAYS.items():
            parser.add_argument(f"--{name.replace('_', '-')}", type=days, metavar="DAYS", default=0, help=text)
        parser.add_argument("--issued-before", type=day, metavar="YYYY-MM-DD", help="before this day (UTC)")
        parser.add_argument("--no-expiry", action="store_true", help="that never expire")
        parser.add_argument("--outside", choices=Outside.values, default="", help="outside policy for this reason")

    def rows(self, options: dict[str, Any], report: Report) -> Iterator[dict[str, Any]]:
        now = timezone.now()
        ordered = chosen(options, now).order_by("-issued_at", "-id")
        report("Counting tokens")
        total = ordered.count() if is_watched(report) else None
        read = ordered.one_by_one(READ_AT_ONCE)
        each = rows_with_progress(read, "Reading tokens", report, total=total, every=READ_AT_ONCE)
        return (described(token, str(token.state(now))) for token in each)


def chosen(options: dict[str, Any], now: datetime) -> ReferenceTokenQuerySet:
    """The tokens that the options leave; raises `Error` for a user or an application that is none."""
    tokens = ReferenceToken.objects.select_related("application__system_user", "holder", "use", "leak_report")
    if options["application"] is not None:
        tokens = tokens.of(application_with_uri(options["application"]))
    if options["user"] is not None:
        tokens = tokens.held_by(find_user(options["user"]))
    if options["kind"] is not None:
        tokens = tokens.filter(kind=options["kind"])
    if options["exposed"]:
        tokens = tokens.filter(exposed_at__isnull=False)
    state = options["state"] or ("all" if options["exposed"] else "live")
    if state != "all":
        tokens = tokens.in_state(state, now)
    filters = TokenFilters(
        q=words_searched(options["search"]),
        scope=words_searched(options["scope"]),
        **{name: options[name] for name in FILTERS},
    )
    return narrowed_tokens(tokens, filters, now)


def described(token: ReferenceToken, state: str) -> dict[str, Any]:
    """A token as the command prints it; `username` is its holder's."""
    holder = token.holder or token.application.system_user
    return {
        "id": str(token.pk),
        "hint": token.hint,
        "kind": str(token.kind),
        "application": token.application.application_uri,
        "username": holder.username if holder else None,
        "description": token.description,
        "scopes": list(token.scopes),
        "state": state,
        "issued_at": token.issued_at.isoformat(),
        "expires_at": token.expires_at.isoformat() if token.expires_at else None,
        "last_used_at": token.last_used_at.isoformat() if token.last_used_at else None,
        "revoked_at": token.revoked_at.isoformat() if token.revoked_at else None,
        "revocation_reason": token.why_revoked.for_programs(),
        "exposed_at": token.exposed_at.isoformat() if token.exposed_at else None,
        "seen_at": token.leak_report.place if token.leak_report else "",
    }
