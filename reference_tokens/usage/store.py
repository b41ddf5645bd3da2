"""Storing a batch: last uses, daily counts and the last five sources of tokens (TOK-13), and counts of answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q

from reference_tokens.models import AnswerCount, DailyUse, ReferenceToken, ResourceServer, TokenSource

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from reference_tokens.usage.batch import Batch

# A statement names so many tokens at most.
TOKENS_AT_ONCE = 500
SOURCES_KEPT = 5


def store_batch(batch: Batch) -> None:
    """Store a batch, in one order of rows, so that two processes cannot deadlock."""
    if not batch:
        return
    with transaction.atomic():
        names = server_names(batch)
        for ids in portions(sorted({outcome.token_id for outcome in batch.outcomes})):
            # The lock on a token's row also guards its counts and sources. A token may be gone by now.
            tokens = ReferenceToken.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
            stored = set(tokens.values_list("pk", flat=True))
            write_uses(batch, stored, names)
            write_daily_uses(batch, stored)
            write_sources(batch, stored, names)
        write_answers(batch)


def portions(ids: list[UUID]) -> Iterator[list[UUID]]:
    """The ids, so many at a time."""
    for start in range(0, len(ids), TOKENS_AT_ONCE):
        yield ids[start : start + TOKENS_AT_ONCE]


def server_names(batch: Batch) -> dict[int, str]:
    """The names of the Resource Servers through which tokens were used.

    One may have been deleted since: such a use must not fail the whole batch, again and again.
    """
    ids = {source.server_id for source in batch.sources if source.server_id is not None}
    return dict(ResourceServer.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def write_uses(batch: Batch, ids: set[UUID], names: dict[int, str]) -> None:
    """Store when tokens were last used, never moving a time backwards."""
    for token_id in sorted(ids & batch.uses.keys()):
        use = batch.uses[token_id]
        earlier = Q(last_used_at=None) | Q(last_used_at__lt=use.at)
        ReferenceToken.objects.filter(earlier, pk=token_id).update(
            last_used_at=use.at,
            last_used_server_id=use.server_id if use.server_id in names else None,
            last_used_address=use.address,
        )


def write_daily_uses(batch: Batch, ids: set[UUID]) -> None:
    """Add to the daily counts of these tokens, whose rows are locked."""
    noted = {outcome: count for outcome, count in batch.outcomes.items() if outcome.token_id in ids}
    days = {outcome.day for outcome in noted}
    known = {(row.token_id, row.day): row for row in DailyUse.objects.filter(token__in=ids, day__in=days)}
    for outcome, count in noted.items():
        token_day = (outcome.token_id, outcome.day)
        row = known.setdefault(token_day, DailyUse(token_id=outcome.token_id, day=outcome.day))
        if outcome.is_accepted:
            row.accepted += count
        else:
            row.refused += count
    changed = [known[token_day] for token_day in sorted({(outcome.token_id, outcome.day) for outcome in noted})]
    DailyUse.objects.bulk_create(
        [DailyUse(token_id=row.token_id, day=row.day, accepted=row.accepted, refused=row.refused) for row in changed],
        update_conflicts=True,
        unique_fields=["token", "day"],
        update_fields=["accepted", "refused"],
    )


def write_sources(batch: Batch, ids: set[UUID], names: dict[int, str]) -> None:
    """Keep the last five sources of each of these tokens, whose rows are locked."""
    noted = latest_use_by_source(batch, ids, names)
    if not noted:
        return
    kept: dict[UUID, dict[str, TokenSource]] = defaultdict(dict)
    for row in TokenSource.objects.filter(token__in=noted.keys()):
        kept[row.token_id][row.name] = row
    stale: list[int] = []
    changed: list[TokenSource] = []
    for token_id in sorted(noted):
        for name, at in noted[token_id].items():
            row = kept[token_id].setdefault(name, TokenSource(token_id=token_id, name=name, last_used_at=at))
            row.last_used_at = max(row.last_used_at, at)
        latest = sorted(kept[token_id].values(), key=last_used_at, reverse=True)
        changed += [row for row in latest[:SOURCES_KEPT] if row.name in noted[token_id]]
        stale += [row.pk for row in latest[SOURCES_KEPT:] if row.pk is not None]
    TokenSource.objects.filter(pk__in=stale).delete()
    TokenSource.objects.bulk_create(
        [TokenSource(token_id=row.token_id, name=row.name, last_used_at=row.last_used_at) for row in changed],
        update_conflicts=True,
        unique_fields=["token", "name"],
        update_fields=["last_used_at"],
    )


def last_used_at(source: TokenSource) -> datetime:
    """When a source was last used."""
    return source.last_used_at


def latest_use_by_source(batch: Batch, ids: Iterable[UUID], names: dict[int, str]) -> dict[UUID, dict[str, datetime]]:
    """When each token was last used from each source: an address, or the name of the Resource Server that asked."""
    found: dict[UUID, dict[str, datetime]] = defaultdict(dict)
    for source, at in batch.sources.items():
        name = source.address or names.get(source.server_id or 0)
        if name and source.token_id in ids:
            found[source.token_id][name] = max(at, found[source.token_id].get(name, at))
    return found


def write_answers(batch: Batch) -> None:
    """Add to the daily counts, and store when each Resource Server last asked."""
    for answer, count in sorted(batch.answers.items()):
        row, _created = AnswerCount.objects.get_or_create(**answer._asdict())
        AnswerCount.objects.filter(pk=row.pk).update(count=F("count") + count)
    for client_id, at in sorted(batch.last_asked.items()):
        earlier = Q(last_asked_at=None) | Q(last_asked_at__lt=at)
        ResourceServer.objects.filter(earlier, client_id=client_id).update(last_asked_at=at)
