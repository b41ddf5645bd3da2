"""The last entries about what a page is about, with the way to all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.audit.queries import last_events_of
from accounts.audit.words import event_rows
from instance_manager.addresses import audit_log_url
from reference_tokens.pages.events import names_of_programs

if TYPE_CHECKING:
    from django.utils.functional import Promise

MOST_EVENTS = 10


def last_events(kind: str, pk: str, note: Promise | str, *, acts: bool = True, **filters: str) -> dict[str, Any]:
    """The last entries about this; `note` says which, and the filters are those of all in the audit log."""
    events = last_events_of(kind, pk, MOST_EVENTS, acts=acts)
    return {
        "rows": event_rows(events, names_of_programs(events)),
        "note": note,
        "url": audit_log_url(**filters),
    }
