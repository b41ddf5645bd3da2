"""The entries of the audit log are found by an index for each filter, and read in the order of their numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.audit.queries import (
    EventFilters,
    about,
    by,
    event_page,
    has_done_nothing_lately,
    numbered,
    portions,
    ways_to,
)
from accounts.models import AuditEvent
from tests.introspection import plan

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def many() -> None:
    """Entries of which each action, door and address is one in two hundred. PostgreSQL is told how many there are."""
    AuditEvent.objects.bulk_create(
        AuditEvent(
            seq=number,
            previous_hash=b"",
            at=NOW + timedelta(minutes=number),
            action=f"act:{number % 200}",
            source=f"door{number % 200}",
            actor_type="user",
            actor_id=str(number % 20),
            target_type="token",
            target_id=str(number % 20),
            address=f"192.0.2.{number % 200}",
        )
        for number in range(1, 2001)
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {AuditEvent._meta.db_table}")


FILTERS = {
    "audit_event_action": EventFilters(action="act:7"),
    "audit_event_source": EventFilters(source="door7"),
    "audit_event_address": EventFilters(address="192.0.2.7"),
    "audit_event_target": EventFilters(concerning=((about("token", ["7"]),),)),
    "audit_event_actor": EventFilters(concerning=((by("user", ["7"]),),)),
}


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("index", FILTERS)
@pytest.mark.parametrize("in_time", [False, True])
def test_aud3_each_filter_is_found_by_its_index_in_the_order_of_the_list(index: str, in_time: bool) -> None:
    since, until = (NOW, NOW + timedelta(days=1)) if in_time else (None, None)
    asked = EventFilters(**{**fields(FILTERS[index]), "since": since, "until": until})
    ways = ways_to(asked)
    (way,) = ways.sets
    found = plan(way.filter(numbered(ways.above, 1900)).order_by("-seq")[:51])
    assert index in found
    assert "TEMP B-TREE" not in found
    assert "Sort" not in found


@pytest.mark.parametrize(("minutes", "nothing"), [(0, False), (10, False), (12, True)])
def test_whoever_began_an_act_is_shown_what_it_made_for_as_long_as_one_takes_and_longer(
    minutes: int, *, nothing: bool
) -> None:
    assert has_done_nothing_lately("user", "1", NOW)
    began = NOW - timedelta(minutes=minutes)
    AuditEvent.objects.create(seq=1, previous_hash=b"", at=began, action="act", actor_type="user", actor_id="1")
    assert has_done_nothing_lately("user", "1", NOW) == nothing
    assert has_done_nothing_lately("user", "2", NOW)


def fields(filters: EventFilters) -> dict[str, Any]:
    return {name: getattr(filters, name) for name in ("concerning", "action", "source", "address")}


@pytest.mark.usefixtures("many")
def test_a_time_alone_is_read_along_the_numbers() -> None:
    ways = ways_to(EventFilters(since=NOW + timedelta(minutes=900), until=NOW + timedelta(minutes=1100)))
    found = plan(ways.sets[0].filter(numbered(ways.above, ways.below)).order_by("-seq")[:51])
    assert "audit_event_at" not in found
    assert "TEMP B-TREE" not in found
    # Its ends are numbers: what lies ten minutes and more outside is not read.
    assert (ways.above, ways.below) == (889, 1110)


@pytest.mark.usefixtures("many")
def test_pages_and_portions_hold_every_entry_once_newest_first() -> None:
    asked = EventFilters(concerning=((about("token", ["7"]), by("user", ["7", "8"])),))
    expected = [number for number in range(2000, 0, -1) if number % 20 in {7, 8}]
    page, seen = event_page(asked), list[int]()
    while True:
        seen += [event.seq for event in page.events]
        if page.older is None:
            break
        page = event_page(asked, after=page.older)
    assert seen == expected
    back = event_page(asked, before=page.newer)
    assert [event.seq for event in back.events] == expected[100:150]
    assert [event.seq for portion in portions(asked, 30) for event in portion] == expected
