"""The log as JSON, one object a line, for systems that read logs."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from tokens_project.logs.facts import facts_of
from tokens_project.logs.scrubbing import scrubbed


class ScrubbingJsonFormatter(JsonFormatter):
    """`time` (RFC 3339, UTC), `level`, `logger`, `message`, `exception` where there is one, and the facts of the line.

    It works on the finished text as the other form does. JSON escapes what could forge a line.
    """

    def add_fields(
        self,
        log_data: dict[str, Any],
        record: logging.LogRecord,
        message_dict: dict[str, Any],
    ) -> None:
        """Fill the object of a line."""
        log_data["time"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        log_data |= {"level": record.levelname, "logger": record.name, "message": record.getMessage()}
        log_data |= facts_of(record)
        if record.exc_info:
            log_data["exception"] = message_dict["exc_info"]

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        return scrubbed(super().format(record))
