"""Logs: one stream, from which every token and secret is struck out."""

from __future__ import annotations

from typing import Any

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"scrubbed": {"()": "tokens_project.logs.scrubbing.ScrubbingFormatter"}},
    "handlers": {"stderr": {"class": "tokens_project.logs.repeats.CalmHandler", "formatter": "scrubbed"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Django gives these two handlers of their own; the root's stream, scrubbed, is the only one here.
        "django": {"handlers": [], "level": "INFO"},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
    },
}
