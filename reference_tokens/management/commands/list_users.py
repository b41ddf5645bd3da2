from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import QuerySet
from django.utils import timezone

from accounts.commands import ListCommand, user_result, words_searched
from accounts.models import User
from accounts.people.directory import UserKind, UserState, after_username, everybody, find_users
from accounts.progress import Report, is_watched, rows_with_progress
from reference_tokens.lists.live_counts import live_numbers_of_users

READ_AT_ONCE = 500


class Command(ListCommand):
    help = "List people and System Users by user name, with how many live tokens act as each."
    example = "list_users --kind person --state active"
    member, nothing = "users", "No users."
    columns = ("username", "kind", "name", "email", "is_active", "is_administrator", "last_sign_in_at")

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--kind", choices=UserKind.values, default="")
        parser.add_argument("--state", choices=UserState.values, default="")
        parser.add_argument("--search", metavar="WORDS", default="", help="in the name, user name or e-mail address")

    def rows(self, options: dict[str, Any], report: Report) -> Iterator[dict[str, Any]]:
        words = words_searched(options["search"])
        found = find_users(everybody(), words=words, kind=options["kind"], state=options["state"])
        total = found.count() if is_watched(report) else None
        rows = described(found.prefetch_related("groups"))
        return rows_with_progress(rows, "Reading users", report, total=total, every=READ_AT_ONCE)


def described(users: QuerySet[User]) -> Iterator[dict[str, Any]]:
    """Each user, with how many live tokens act as them; read in portions, each behind the one before."""
    now, place = timezone.now(), ""
    while portion := list(after_username(users, place)[:READ_AT_ONCE]):
        place = portion[-1].username.lower()
        numbers = live_numbers_of_users([user.pk for user in portion], now)
        for user in portion:
            yield user_result(user) | {"counts": {"live_tokens": numbers[user.pk]}}
