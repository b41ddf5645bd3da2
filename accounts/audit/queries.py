"""Every question that is asked of the audit log; no other package reads its table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Q
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from accounts.audit.registry import action_of, actions_of_forms
from accounts.database.unindexed import Unindexed
from accounts.models import AuditEvent, AuditHead

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from django.db.models import QuerySet

    from accounts.audit.record import Target
    from accounts.models import User

# Entries about a group that change what the form of a user edits.
MEMBERSHIPS = ("group:add_member", "group:remove_member")
PAGE_SIZE = 50
# An entry holds the instant at which its act began, and is numbered at its end: entries are in the order of their
# instants but for so much, which the clocks of several machines take part in.
LONGEST_ACT = timedelta(minutes=10)
# So long from the beginning of an act on its actor is shown what it made: until it ended, and then longer than a
# replica may be behind.
LATELY = LONGEST_ACT + timedelta(minutes=1)


def events_about(targets: Sequence[Target]) -> QuerySet[AuditEvent]:
    """The entries about any of the targets, the newest first."""
    about = [Q(target_type=target.type, target_id=target.id) for target in targets]
    return AuditEvent.objects.filter(reduce(or_, about)).order_by("-seq")


def entries_after(seq: int, most: int) -> QuerySet[AuditEvent]:
    """The entries that follow, so many at the most, in the order in which they were written."""
    return AuditEvent.objects.filter(seq__gt=seq).order_by("seq")[:most]


def last_entry() -> int:
    """The number of the last entry; 0 where there is none."""
    return AuditHead.objects.values_list("seq", flat=True).first() or 0


def instants_of(seqs: Collection[int]) -> dict[int, datetime]:
    """When each of the entries with these numbers was written, as far as there are such."""
    return dict(AuditEvent.objects.filter(seq__in=seqs).values_list("seq", "at"))


def has_done_nothing_lately(actor_type: str, actor_id: str, now: datetime) -> bool:
    """Whether this actor can be told what is some seconds old, without missing what they did."""
    own = AuditEvent.objects.filter(actor_type=actor_type, actor_id=actor_id).order_by("-seq")
    last = own.values_list("at", flat=True).first()
    return last is None or last < now - LATELY


def last_instants(most: int) -> list[datetime]:
    """When the last entries were written, by the clocks of those who wrote them."""
    return list(AuditEvent.objects.order_by("-seq").values_list("at", flat=True)[:most])


def last_event_about(target: Target, action: str) -> AuditEvent | None:
    """The last entry of one action about a target."""
    return events_about([target]).filter(action=action).first()


def changes_of(target: Target) -> QuerySet[AuditEvent]:
    """The entries about changes of what a form of the target edits, the newest first (EDIT-1)."""
    found = AuditEvent.objects.filter(target_type=target.type, target_id=target.id, action__in=actions_of_forms())
    if target.type == "user":
        found |= AuditEvent.objects.filter(target_type="group", action__in=MEMBERSHIPS, details__member=target.id)
    return found.order_by("-seq")


def changes_by_others(target: Target, user: User, *, since: datetime) -> QuerySet[AuditEvent]:
    """Those changes of the target that anybody but the user made since an instant."""
    return changes_of(target).filter(at__gte=since).exclude(actor_type="user", actor_id=str(user.pk))


def fields_changed_by(event: AuditEvent) -> Collection[str]:
    """The fields of its target's form that the act of an entry changed."""
    if event.action in MEMBERSHIPS:
        return ("groups",)
    changed = action_of(event).fields_changed
    return changed(event.details) if changed else ()


@dataclass(frozen=True, slots=True)
class EventFilters:
    """What a list of entries is narrowed to; an empty text narrows nothing."""

    # An entry is of one condition of each of these; an index leads to the entries of each condition of the first.
    concerning: tuple[tuple[Q, ...], ...] = ()
    action: str = ""
    source: str = ""
    address: str = ""
    since: datetime | None = None
    until: datetime | None = None


class EventPage(NamedTuple):
    """The entries of a page, the newest first, and the numbers behind which the pages beside it begin, if there are."""

    events: list[AuditEvent]
    newer: int | None
    older: int | None


def about(kind: str, ids: Collection[str]) -> Q:
    """The entries about these targets."""
    return Q(target_type=kind, target_id__in=ids)


def by(kind: str, ids: Collection[str]) -> Q:
    """The entries of what these actors did."""
    return Q(actor_type=kind, actor_id__in=ids)


class Ways(NamedTuple):
    """Sets that hold together the entries that filters leave, to each of which an index leads.

    The numbers of all of them lie above one number and below another, as far as these are known.
    """

    sets: list[QuerySet[AuditEvent]]
    above: int
    below: int | None


def found_by(filters: EventFilters) -> QuerySet[AuditEvent]:
    """The entries that the filters leave, in no order: to be counted."""
    ways = ways_to(filters)
    return reduce(or_, ways.sets).filter(numbered(ways.above, ways.below))


def numbered(above: int, below: int | None) -> Q:
    """The entries between two numbers; each side is said once, for SQLite begins at the first that it reads."""
    return Q(seq__gt=above) & (Q() if below is None else Q(seq__lt=below))


def ways_to(filters: EventFilters) -> Ways:
    """The ways to the entries that the filters leave."""
    equal = {name: getattr(filters, name) for name in ("action", "source", "address")}
    found = AuditEvent.objects.filter(**{name: value for name, value in equal.items() if value})
    if filters.since:
        found = found.filter(GreaterThanOrEqual(Unindexed("at"), filters.since))
    if filters.until:
        found = found.filter(LessThan(Unindexed("at"), filters.until))
    leading, *others = filters.concerning or ((Q(),),)
    for conditions in others:
        found = found.filter(reduce(or_, conditions))
    return Ways([found.filter(condition) for condition in leading], *numbers_of(filters.since, filters.until))


def numbers_of(since: datetime | None, until: datetime | None) -> tuple[int, int | None]:
    """Above and below which numbers the entries lie from one instant on and before another: by these lists are ordered.

    The entry next to an instant tells, and the one that lies so far outside that no act lasts so long: where a clock
    was put back, one of them is not where it should be.
    """
    above, below = 0, None
    if since:
        last, first = number_next_to(since - LONGEST_ACT, is_before=True), number_next_to(since, is_before=False)
        above = min(last or 0, (first or 1) - 1)
    if until and (first := number_next_to(until + LONGEST_ACT, is_before=False)):
        below = max(first, (number_next_to(until, is_before=True) or 0) + 1)
    return above, below


def number_next_to(instant: datetime, *, is_before: bool) -> int | None:
    """The number of the entry whose instant is the last before this one, or the first from it on; None without one."""
    side = {"at__lt": instant} if is_before else {"at__gte": instant}
    order = "-at" if is_before else "at"
    return AuditEvent.objects.filter(**side).order_by(order).values_list("seq", flat=True).first()


def next_events(ways: Ways, place: int | None, most: int, *, is_back: bool) -> list[AuditEvent]:
    """The next entries behind a number, the newest first, or before it, the nearest first."""
    above, below = ways.above, ways.below
    if place is not None:
        above, below = (place, below) if is_back else (above, place)
    here, order = numbered(above, below), "seq" if is_back else "-seq"
    found = {event.seq: event for way in ways.sets for event in way.filter(here).order_by(order)[:most]}
    return [found[seq] for seq in sorted(found, reverse=not is_back)[:most]]


def event_page(filters: EventFilters, *, after: int | None = None, before: int | None = None) -> EventPage:
    """The page behind a number, or before it; the first one where there is none, or nothing is there."""
    ways = ways_to(filters)
    is_back, place = after is None and before is not None, before if after is None else after
    found = next_events(ways, place, PAGE_SIZE + 1, is_back=is_back)
    if not found and place is not None:
        is_back, place = False, None
        found = next_events(ways, None, PAGE_SIZE + 1, is_back=False)
    has_more, events = len(found) > PAGE_SIZE, found[:PAGE_SIZE]
    if is_back:
        events.reverse()
    has_newer, has_older = (has_more, True) if is_back else (place is not None, has_more)
    return EventPage(events, events[0].seq if has_newer else None, events[-1].seq if has_older else None)


def last_events_of(kind: str, pk: str, most: int, *, acts: bool) -> list[AuditEvent]:
    """The last entries about what has this id, and of what it did itself where it acts, the newest first."""
    concerning = (about(kind, [pk]), by(kind, [pk])) if acts else (about(kind, [pk]),)
    return next_events(ways_to(EventFilters(concerning=(concerning,))), None, most, is_back=False)


def portions(filters: EventFilters, at_once: int) -> Iterator[list[AuditEvent]]:
    """All entries that the filters leave, the newest first, so many at once: what is written meanwhile is not read."""
    ways, place = ways_to(filters), None
    while events := next_events(ways, place, at_once, is_back=False):
        yield events
        place = events[-1].seq


def last_event_number() -> int:
    """The number of the newest entry; 0 where there is none."""
    return AuditEvent.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
