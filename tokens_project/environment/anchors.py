"""The readers for where the audit log is anchored and sent, and where the fence stands."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from tokens_project.environment.values import refuse, text

LOG = re.compile(r"syslog:(//(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?)?")
WHAT_TO_GIVE = "give the whole path of a file, syslog: for the log of this machine, or syslog://HOST:PORT"
STANDARD_OUTPUT = "-"
REDIS = "redis:"


def anchor(name: str) -> str:
    """A file, or the log of this machine or of another one; empty for none."""
    value = text(name, "")
    if value and not is_place(value):
        refuse(name, f"{WHAT_TO_GIVE}.")
    return value


def stream(name: str) -> str:
    """What an anchor may be, or standard output; empty for none."""
    value = text(name, "")
    if value not in {"", STANDARD_OUTPUT} and not is_place(value):
        refuse(name, f"{WHAT_TO_GIVE}, or {STANDARD_OUTPUT} for standard output.")
    return value


def fence(name: str, *, has_redis: bool) -> str:
    """The whole path of a file, or `redis:` for the Redis of `CACHE_URL`; empty for none."""
    value = text(name, "")
    if value == REDIS and not has_redis:
        refuse(name, "redis: is the Redis of CACHE_URL, which names none.")
    if value not in {"", REDIS} and not Path(value).is_absolute():
        refuse(name, "give the whole path of a file, or redis: for the Redis of CACHE_URL.")
    return value


def is_place(value: str) -> bool:
    """Whether this is a file, or a log."""
    try:
        return Path(value).is_absolute() or bool(LOG.fullmatch(value) and urlsplit(value).port != 0)
    except ValueError:
        return False
