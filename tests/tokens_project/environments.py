"""Environments of a process in tests of the settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.command_line import STRONG_KEYS

HTTPS = {"BASE_URL": "https://tokens.example.com"}


PRODUCTION = {**HTTPS, **STRONG_KEYS, "TRUSTED_PROXY_COUNT": "1"}


POSTGRESQL = {"DATABASE_URL": "postgres://tokens:secret@localhost/tokens"}


KEY = STRONG_KEYS["SECRET_KEY"]


Read = Callable[..., dict[str, Any]]
