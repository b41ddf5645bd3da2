"""The parts of a URL that names another service."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from tokens_project.environment.hosts import is_host
from tokens_project.environment.values import refuse

# Patterns of what may follow the ? of such a URL.
ANYTHING, NUMBER = ".+", "[0-9]{1,9}"


NO_URL = "it is no URL: look at its brackets, and at its port, a number from 1 to 65535."


def url(name: str, value: str) -> tuple[SplitResult, int | None]:
    """The parts of a URL and its port."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        refuse(name, NO_URL)
    return parts, port


def parts_of_service(name: str, value: str) -> SplitResult:
    """The parts of the URL of another service, whose ports are not looked at: it may have several."""
    if "#" in value:
        refuse(name, "nothing may follow a #; within a password it is written %23.")
    try:
        return urlsplit(value)
    except ValueError:
        refuse(name, NO_URL)


def service_url(name: str, value: str) -> tuple[SplitResult, int | None]:
    """The parts of the URL of another service, and its port."""
    parts_of_service(name, value)
    parts, port = url(name, value)
    if port == 0:
        refuse(name, "its port must be a number from 1 to 65535.")
    return parts, port


def parameters(name: str, parts: SplitResult, known: dict[str, str]) -> dict[str, str]:
    """What follows the ? of a URL: what is `known`, each once, with a value of its pattern."""
    try:
        pairs = parse_qsl(parts.query, keep_blank_values=True, errors="strict")
    except ValueError:
        refuse(name, "what follows its ? is no text.")
    values = dict(pairs)
    if len(values) != len(pairs) or values.keys() - known.keys() or (parts.query and not pairs):
        kinds = f"what may follow its ? is, each once: {', '.join(sorted(known))}" if known else "it has no parameters"
        refuse(name, f"{kinds}; a ? within a password is written %3F.")
    for parameter, value in values.items():
        if not value.isprintable() or not re.fullmatch(known[parameter], value):
            refuse(name, f"its parameter {parameter} has a value that cannot work.")
    return values


def decoded(name: str, part: str) -> str:
    """A part of a URL without its percent-encoding."""
    try:
        value = unquote(part, errors="strict")
    except ValueError:
        value = "\0"
    if not value.isprintable():
        refuse(name, "what its percent signs encode is no text on one line.")
    return value


def server(name: str, parts: SplitResult) -> str:
    """The host of a URL. Unlike host names, those of containers may have underscores."""
    host = parts.hostname or ""
    if not is_host(host.replace("_", "-")):
        refuse(name, "its host must be a name or an IP address; a / within a password is written %2F, a @ %40.")
    return host
