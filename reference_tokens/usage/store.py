"""Storing a batch: the last use of each token, the counts of days that are over, counts of answers, and refusals.

A portion of tokens is one transaction of three statements, however many tokens it has: it counts how many were used
before, locks and reads their rows of uses, and writes these. Another one adds to the counts of earlier days, mostly
once a day for each token; and four more begin the rows of those that are used for the first time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from accounts.database.locks import let_others_write
from reference_tokens.models import (
    AnswerCount,
    DailyUse,
    EventCount,
    ReferenceToken,
    ResourceServer,
    TokenUse,
    ValidationTime,
)
from reference_tokens.usage.batch import SOURCES_KEPT, WITHIN, Answers
from reference_tokens.usage.sources import with_uses
from reference_tokens.usage.statements import add_to_counts, among, begin_rows, update_rows
from reference_tokens.usage.store_refusals import store_refusals
from reference_tokens.webhooks.noting import note_first_uses

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime
    from uuid import UUID

    from reference_tokens.usage.batch import Batch, TokenUses

# A statement names so many tokens at most. On SQLite other writers wait for their transaction: 30 ms of work.
TOKENS_AT_ONCE = 500


# Of Resource Servers, by id.
Names = dict[int | None, str]
# Of a token on a day: how often it was accepted, and how often refused.
DayCounts = tuple["UUID", "date", int, int]


class Stored(NamedTuple):
    """What is stored of a token's uses."""

    token_id: UUID
    last_used_at: datetime | None
    last_used_server_id: int | None
    last_used_address: str | None
    recent_sources: str
    counted_on: date | None
    accepted_on_day: int | None
    refused_on_day: int | None


def store_batch(batch: Batch) -> None:
    """Store a batch, in one order of rows, so that two processes cannot deadlock.

    A portion of tokens is one transaction. What is stored leaves the batch: after a failure the rest is still there,
    and nothing is counted twice.
    """
    if not batch:
        return
    keep_pages_in_memory()
    names = server_names(batch)
    for day, noted in sorted(batch.days.items()):
        for ids in portions(sorted(noted.tokens, key=attrgetter("int"))):
            store_uses(day, {token_id: noted.tokens[token_id] for token_id in ids}, names)
            batch.remove(day, ids)
            if noted.tokens:
                let_others_write()
    store_answers(batch)
    batch.days.clear()
    batch.last_asked.clear()
    batch.events.clear()
    store_refusals(batch.refusals)


def keep_pages_in_memory() -> None:
    """Let SQLite hold what it reads of a portion until it has changed it; by itself it would read most pages twice."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA cache_size = -16000")


def portions(ids: list[UUID]) -> Iterator[list[UUID]]:
    """The ids, so many at a time."""
    for start in range(0, len(ids), TOKENS_AT_ONCE):
        yield ids[start : start + TOKENS_AT_ONCE]


def server_names(batch: Batch) -> Names:
    """The names of the Resource Servers through which tokens were used.

    One may have been deleted since: such a use must not fail the whole batch, again and again.
    """
    tokens = (uses for noted in batch.days.values() for uses in noted.tokens.values())
    ids = {server_id for uses in tokens for server_id, _address in uses.sources if server_id is not None}
    return dict(ResourceServer.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


@transaction.atomic
def store_uses(day: date, noted: dict[UUID, TokenUses], names: Names) -> None:
    """Store the uses of these tokens on a day, each in a row that is locked. A token may be gone by now."""
    begin_uses(noted)
    uses_of = TokenUse.objects.filter(pk__in=among(noted)).order_by("pk").select_for_update(no_key=True)
    rows, earlier_days = [], []
    for stored in map(Stored._make, uses_of.values_list(*Stored._fields)):
        uses = noted[stored.token_id]
        counts, counts_of_earlier_day = with_counts(stored, day, uses)
        rows.append(Stored(stored.token_id, *with_last_use(stored, uses, names), *counts))
        earlier_days += counts_of_earlier_day
    add_to_counts(DailyUse, ("token_id", "day"), ("accepted", "refused"), earlier_days)
    update_rows(TokenUse, Stored._fields, rows)


def begin_uses(noted: dict[UUID, TokenUses]) -> None:
    """Make the rows of tokens that have none, and mark in their own rows those that are used for the first time.

    Tokens are locked before rows of uses, as a revocation locks them.
    """
    if TokenUse.objects.filter(pk__in=among(noted), last_used_at__isnull=False).count() == len(noted):
        return
    known = dict(TokenUse.objects.filter(pk__in=among(noted)).values_list("pk", "last_used_at"))
    begun = [pk for pk, uses in noted.items() if pk not in known or (uses.sources and known[pk] is None)]
    tokens = ReferenceToken.objects.filter(pk__in=among(begun)).order_by("pk").select_for_update(no_key=True)
    found = list(tokens.values_list("pk", "application_id", "revoked_at", "first_used_at"))
    begin_rows(
        TokenUse,
        ("token_id", "application_id", "is_revoked", "recent_sources"),
        [(pk, application, revoked_at is not None, "") for pk, application, revoked_at, _used in found],
    )
    first = [
        (pk, min(noted[pk].sources.values()).replace(microsecond=0))
        for pk, _application, _revoked, used in found
        if used is None and noted[pk].sources
    ]
    update_rows(ReferenceToken, ("id", str(ReferenceToken._meta.get_field("first_used_at").column)), first)
    if first:
        note_first_uses(first, timezone.now())


def with_last_use(stored: Stored, uses: TokenUses, names: Names) -> tuple[datetime | None, int | None, str | None, str]:
    """The last use and the last five sources of a token, no time moved backwards."""
    _id, last_used_at, last_used_server_id, last_used_address, recent_sources, *_counts = stored
    if uses.sources:
        latest = uses.latest(SOURCES_KEPT)
        recent_sources = with_uses(
            recent_sources, [(address or names.get(server, ""), at) for (server, address), at in latest]
        )
        (server, address), at = latest[0]
        at = at.replace(microsecond=0)
        if last_used_at is None or last_used_at < at:
            last_used_at, last_used_address = at, address
            last_used_server_id = server if server in names else None
    return last_used_at, last_used_server_id, last_used_address, recent_sources


def with_counts(stored: Stored, day: date, uses: TokenUses) -> tuple[tuple[date, int, int], list[DayCounts]]:
    """The counts of the last day of a token; and those that are to be added to those of a day that is over."""
    noted = (day, uses.accepted, uses.refused)
    if stored.counted_on is None:
        return noted, []
    counted = (stored.counted_on, stored.accepted_on_day or 0, stored.refused_on_day or 0)
    if stored.counted_on == day:
        return (day, counted[1] + uses.accepted, counted[2] + uses.refused), []
    # Another process may have been first to write of a new day.
    last, earlier = (counted, noted) if day < stored.counted_on else (noted, counted)
    return last, [(stored.token_id, *earlier)]


@transaction.atomic
def store_answers(batch: Batch) -> None:
    """Add to the counts of answers and of what else happened, and store when each Resource Server last asked."""
    add_to_counts(AnswerCount, ("day", "client_id", "outcome"), ("count",), daily_counts(batch))
    add_to_counts(ValidationTime, ("door", "outcome", "within"), ("count", "seconds"), times(batch))
    add_to_counts(EventCount, ("event",), ("count",), sorted(batch.events.items()))
    store_last_asked(batch.last_asked)


def daily_counts(batch: Batch) -> list[tuple[date, str, str, int]]:
    """How often each Resource Server was given each answer on each day, in order."""
    counts: Counter[tuple[date, str, str]] = Counter()
    for day, noted in batch.days.items():
        for (client_id, outcome, _door), answers in noted.answers.items():
            # One and the same text may be a member of an enumeration here and a string there.
            counts[day, client_id, str(outcome)] += sum(answers.counts)
    return [(*key, count) for key, count in sorted(counts.items())]


def times(batch: Batch) -> list[tuple[str, str, str, int, float]]:
    """How many answers each door gave within each time, and how long these took together, in order."""
    found: defaultdict[tuple[str, str], Answers] = defaultdict(Answers)
    for noted in batch.days.values():
        for (_client_id, outcome, door), answers in noted.answers.items():
            found[str(door), str(outcome)].add(answers)
    return [
        (*key, within, count, seconds)
        for key, answers in sorted(found.items())
        for within, count, seconds in zip(WITHIN, answers.counts, answers.seconds, strict=True)
        if count
    ]


def store_last_asked(last_asked: dict[str, datetime]) -> None:
    """Store when each Resource Server last asked, never moving a time backwards."""
    servers = ResourceServer.objects.filter(client_id__in=last_asked).order_by("pk").select_for_update(no_key=True)
    stored = servers.values_list("pk", "client_id", "last_asked_at") if last_asked else ()
    rows = [(pk, last_asked[client_id]) for pk, client_id, at in stored if at is None or at < last_asked[client_id]]
    update_rows(ResourceServer, ("id", "last_asked_at"), rows)
