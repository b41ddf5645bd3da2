"""Logs: one stream, from which every token and secret is struck out."""

from __future__ import annotations

from typing import Any

FORMATTERS = {
    "text": "tokens_project.logs.scrubbing.ScrubbingFormatter",
    "json": "tokens_project.logs.json_lines.ScrubbingJsonFormatter",
}


def logging_in(form: str) -> dict[str, Any]:
    """The configuration of logging by which each line is written in this form."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"scrubbed": {"()": FORMATTERS[form]}},
        "handlers": {"stderr": {"class": "tokens_project.logs.repeats.CalmHandler", "formatter": "scrubbed"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # Django gives these two handlers of their own; the root's stream, scrubbed, is the only one here.
            "django": {"handlers": [], "level": "INFO"},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        },
    }
