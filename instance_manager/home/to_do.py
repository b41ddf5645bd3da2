"""What is to be looked after in the instance: how much of it there is, what to do about it, and the list of it.

Each count is that of the list behind it: what a list is narrowed to and what is counted is one set of rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.people.directory import UserKind, UserState, everybody, find_users
from instance_manager.addresses import inventory_url
from instance_manager.mails import mails_that_wait
from reference_tokens.lists.application_states import ApplicationState, applications_in_state
from reference_tokens.lists.capped_count import MANY, CappedCount, capped, counts_of_sets
from reference_tokens.lists.finding.filters import TokenFilters
from reference_tokens.lists.finding.shortlist import number_of
from reference_tokens.lists.finding.states import ListState
from reference_tokens.lists.in_time import count_in_time
from reference_tokens.lists.server_states import ServerState, servers_in_state
from reference_tokens.models import ReferenceToken

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from django.db.models import QuerySet

MOST_TOKENS = 1_000
NEVER_USED_DAYS, UNUSED_DAYS = 30, 90


class Task(NamedTuple):
    """Something to look after: its list, and what to do about what is in it."""

    label: str
    act: str
    url: str
    number: CappedCount

    @property
    def is_done(self) -> bool:
        """Whether nothing is left of it."""
        return self.number == (0, False)


def tasks(now: datetime) -> list[Task]:
    """Everything to look after, first that of which there is any."""
    return sorted([*token_tasks(now), *other_tasks(now)], key=lambda task: task.is_done)


def token_tasks(now: datetime) -> list[Task]:
    """What is to be looked after among tokens, counted as their list counts."""
    texts = [
        (
            TokenFilters(state=ListState.EXPIRES_SOON),
            _("Tokens that expire within 7 days"),
            _("Rotate what is still needed. The rest ends by itself."),
        ),
        (
            TokenFilters(state=ListState.OUTSIDE_POLICY),
            _("Tokens outside policy"),
            _("They could not be issued today. Replace them, or revoke them."),
        ),
        (
            TokenFilters(never_used=NEVER_USED_DAYS),
            _("Tokens never used for %(days)d days") % {"days": NEVER_USED_DAYS},
            _("Ask their owners what they are for, or revoke them."),
        ),
        (
            TokenFilters(unused=UNUSED_DAYS),
            _("Tokens unused for %(days)d days") % {"days": UNUSED_DAYS},
            _("Revoke what nobody misses."),
        ),
    ]
    return [
        Task(label, act, inventory_url() + filters.url(), number_of_tokens(filters, now))
        for filters, label, act in texts
    ]


def number_of_tokens(filters: TokenFilters, now: datetime) -> CappedCount:
    """How many tokens the list of these filters has."""
    return number_of(ReferenceToken.objects.all(), filters, now, MOST_TOKENS)


class Listed(NamedTuple):
    """Rows to look after, the page that lists them, and what both are about."""

    rows: QuerySet[Any]
    page: str
    query: dict[str, str]
    label: str
    act: str


def other_tasks(now: datetime) -> list[Task]:
    """What is to be looked after among applications, Resource Servers, people and mails; one query counts it all."""
    listed = [*applications_to_do(now), *servers_to_do(now), *people_and_mails_to_do(now)]
    sets = [each.rows for each in listed]
    numbers = count_in_time(lambda: counts_of_sets(*sets))
    counts = [MANY] * len(sets) if numbers is None else map(capped, numbers)
    return [
        Task(each.label, each.act, reverse(each.page, query=each.query), count)
        for each, count in zip(listed, counts, strict=True)
    ]


def applications_to_do(now: datetime) -> list[Listed]:
    """Applications that nobody answers for, or that lack what their SATs need."""
    texts = {
        ApplicationState.NO_OWNER: (
            _("Applications without an active owner"),
            _("Name owners: mails about service access tokens go to them."),
        ),
        ApplicationState.NO_SYSTEM_USER: (
            _("Applications whose System User is missing or inactive"),
            _("Their service access tokens are refused. Choose another System User."),
        ),
    }
    return [
        Listed(applications_in_state(state, now), "manage:application_list", {"state": state}, *text)
        for state, text in texts.items()
    ]


def servers_to_do(now: datetime) -> list[Listed]:
    """Resource Servers that may be gone, or are set up wrong."""
    texts = {
        ServerState.SILENT: (
            _("Resource Servers that have not asked for 30 days"),
            _("Check that the API still asks about tokens. Disable what is gone."),
        ),
        ServerState.OFTEN_REFUSED: (
            _("Resource Servers that are often refused"),
            _("One answer in ten of this week was a refusal, or more. See why on their pages."),
        ),
    }
    return [
        Listed(servers_in_state(state, now), "manage:resource_server_list", {"state": state}, *text)
        for state, text in texts.items()
    ]


def people_and_mails_to_do(now: datetime) -> list[Listed]:
    """Administrators whose password alone opens everything; and mails that do not get out."""
    without = {"kind": UserKind.ADMINISTRATOR.value, "state": UserState.WITHOUT_SECOND_FACTOR.value}
    return [
        Listed(
            find_users(everybody(), **without),
            "manage:user_list",
            without,
            _("Administrators without a second factor"),
            _("Ask them to add a passkey or an authenticator app."),
        ),
        Listed(
            mails_that_wait(now),
            "manage:waiting_mails",
            {},
            _("Mails that wait"),
            _("They could not be sent yet. Check the mail server."),
        ),
    ]
