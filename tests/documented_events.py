"""What docs/audit-events.md says of each event, and every entry of every test held to it."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from accounts.audit import record
from accounts.audit.chain import append
from tests.command_line import BASE_DIR

if TYPE_CHECKING:
    from accounts.models import AuditEvent

ROW = re.compile(r"^\| `([a-z_]+:[a-z_]+)` \| [^|]+ \|(.*)\|$", re.MULTILINE)


@cache
def documented() -> dict[str, frozenset[str]]:
    """The details of each event, by its action."""
    rows = ROW.findall((BASE_DIR / "docs" / "audit-events.md").read_text())
    return {action: frozenset(re.findall(r"`([a-z_]+)`", details)) for action, details in rows}


def install() -> None:
    """Let no test write an entry with details that are not documented; one of an act that is none may hold any."""
    vars(record)["append"] = held


def held(events: list[AuditEvent]) -> None:
    """Store the entries, which hold what is documented."""
    for event in events:
        unknown = set(event.details) - documented().get(event.action, set(event.details))
        assert not unknown, f"docs/audit-events.md: {event.action} holds {unknown} too"
    append(events)
