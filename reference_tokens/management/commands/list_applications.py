from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.db.models.lookups import GreaterThan
from django.utils import timezone

from accounts.commands import ListCommand, find_user, words_searched
from accounts.progress import Report, is_watched, rows_with_progress
from accounts.text.case_folding import contains_text
from reference_tokens.lists.application_states import ApplicationState, applications_in_state
from reference_tokens.lists.live_counts import live_numbers_of_applications
from trusted_apps.commands import application_members
from trusted_apps.models import TrustedApplication

READ_AT_ONCE = 500


class Command(ListCommand):
    help = "List Trusted Applications by URI, with how many live tokens each has."
    example = "list_applications --owner alice"
    member, nothing = "applications", "No applications."
    columns = ("application_uri", "name", "access_tokens", "scopes", "system_user", "owners", "is_enabled")

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--state", choices=ApplicationState.values, default="", help="what is to be looked after")
        parser.add_argument("--owner", metavar="USERNAME", help="who is mailed about it")
        parser.add_argument("--system-user", metavar="USERNAME", help="whom its SATs act as")
        parser.add_argument("--search", metavar="WORDS", default="", help="in the name or the URI")

    def rows(self, options: dict[str, Any], report: Report) -> Iterator[dict[str, Any]]:
        found = chosen(options)
        total = found.count() if is_watched(report) else None
        rows = described(found.select_related("system_user").prefetch_related("owners"))
        return rows_with_progress(rows, "Reading applications", report, total=total, every=READ_AT_ONCE)


def chosen(options: dict[str, Any]) -> QuerySet[TrustedApplication]:
    """The applications that the options leave; raises `Error` for a user that is none."""
    found = applications_in_state(options["state"], timezone.now())
    if options["owner"] is not None:
        found = found.filter(owners=find_user(options["owner"]))
    if options["system_user"] is not None:
        found = found.filter(system_user=find_user(options["system_user"]))
    if words := words_searched(options["search"]):
        found = found.filter(contains_text("name", words) | contains_text("application_uri", words))
    return found


def described(applications: QuerySet[TrustedApplication]) -> Iterator[dict[str, Any]]:
    """Each application, with how many live tokens it has; read in portions, each behind the one before."""
    now, place = timezone.now(), ""
    while portion := list(after_uri(applications, place)[:READ_AT_ONCE]):
        place = portion[-1].application_uri.lower()
        numbers = live_numbers_of_applications([application.pk for application in portion], now)
        for application in portion:
            yield application_members(application) | {"counts": {"live_tokens": numbers[application.pk]}}


def after_uri(applications: QuerySet[TrustedApplication], place: str) -> QuerySet[TrustedApplication]:
    """The applications whose URIs follow this one, in small letters, in the order of the index of unique URIs."""
    return applications.filter(GreaterThan(Lower("application_uri"), place)).order_by(Lower("application_uri"))
