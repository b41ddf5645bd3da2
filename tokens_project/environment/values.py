"""Readers for plain values. A bad one stops the start with one line that names the setting."""

from __future__ import annotations

import os
import re
from typing import NoReturn

from django.core.exceptions import ImproperlyConfigured

# What never stands in a line to paste; nor does a URL that may hold a password.
SECRETS = frozenset({"SECRET_KEY", "SECRET_KEY_FALLBACKS", "TOKEN_HASH_KEYS", "METRICS_TOKEN", "OIDC_CLIENT_SECRET"})
# The settings that were given, and are not what they would be without that.
given: set[str] = set()


class BadSetting(ImproperlyConfigured):
    """A setting of the environment has a value that the service cannot run with."""


def refuse(name: str, what_to_do: str) -> NoReturn:
    """Stop the start; the message never repeats the value, which may be a secret."""
    raise BadSetting(f"{name}: {what_to_do}")


def text(name: str, default: str) -> str:
    """The value without surrounding white space, on one line; empty counts as not set."""
    value = os.environ.get(name, "").strip()
    if not value.isprintable():
        refuse(name, "give text on one line, without control characters.")
    (given.discard if value in {"", default} else given.add)(name)
    return value or default


def may_be_shown(name: str) -> bool:
    """Whether the value of a setting may be repeated: it is no secret, and no URL that may hold one."""
    return name not in SECRETS and not (name.endswith("_URL") and re.search("[@?]", text(name, "")))


def to_repeat() -> dict[str, str]:
    """The settings that were given, without secrets: another process with them finds the same instance."""
    return {name: text(name, "") for name in sorted(given & os.environ.keys()) if may_be_shown(name)}


def to_write() -> dict[str, str]:
    """The settings that were given, with the secrets: for a file that its owner alone reads."""
    return {name: text(name, "") for name in sorted(given & os.environ.keys())}


def to_set_again() -> list[str]:
    """The names of those that were given and are secret."""
    return [name for name in sorted(given & os.environ.keys()) if not may_be_shown(name)]


def integer(name: str, default: int, *, least: int, most: int) -> int:
    """A whole number from `least` to `most`, both included."""
    value = text(name, str(default))
    # No more digits than int() takes (it refuses 4,301).
    if not re.fullmatch(r"[0-9]{1,18}", value) or not least <= int(value) <= most:
        refuse(name, f"give a whole number from {least} to {most}.")
    return int(value)


def boolean(name: str, *, default: bool) -> bool:
    """True or False, in the usual spellings."""
    value = text(name, str(default)).lower()
    if value in {"true", "1", "yes", "on"}:
        return True
    if value in {"false", "0", "no", "off"}:
        return False
    refuse(name, "give True or False.")


def one_of(name: str, *values: str) -> str:
    """One of the values; the first where none is given."""
    value = text(name, values[0])
    if value not in values:
        refuse(name, f"give {' or '.join(values)}.")
    return value


def words(name: str, default: list[str]) -> list[str]:
    """A comma-separated list."""
    value = text(name, "")
    return [word.strip() for word in value.split(",") if word.strip()] or default
