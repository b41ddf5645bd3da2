"""What a log line says besides its message: of which request it is, and which event it tells of."""

from __future__ import annotations

import logging
from typing import Any

# The lines that Django writes of what a client does and should not, by the end of their logger's name.
SUSPICIOUS = "django.security."
EVENTS_OF_DJANGO = {"DisallowedHost": "foreign_host", "csrf": "csrf_failed"}
# What a line may say under a name of its own; nothing else that was given to a logger is written.
FACTS = (
    *("request_id", "event", "client_address", "resource_server"),
    *("method", "path", "status", "milliseconds", "bytes"),
)


def facts_of(record: logging.LogRecord) -> dict[str, Any]:
    """The facts that the line says, in one order; those that are not known are left out."""
    known = vars(record) | {"event": event_of(record)}
    return {name: known[name] for name in FACTS if known.get(name) not in {None, ""}}


def event_of(record: logging.LogRecord) -> str:
    """The name of the event that the line tells of; empty where it tells of none."""
    if record.name.startswith(SUSPICIOUS):
        return EVENTS_OF_DJANGO.get(record.name.removeprefix(SUSPICIOUS), "suspicious_request")
    return str(getattr(record, "event", ""))
