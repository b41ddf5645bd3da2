"""Readers for settings from the environment. A bad value stops the start with one line that names it."""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

# What django-allauth's table of identities has room for.
LONGEST_ISSUER = 200
HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\Z")


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
    return value or default


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


def words(name: str, default: list[str]) -> list[str]:
    """A comma-separated list."""
    value = text(name, "")
    return [word.strip() for word in value.split(",") if word.strip()] or default


def origin(name: str, default: str) -> str:
    """`scheme://host[:port]`, http or https, with no path: what RFC 6454 calls an origin.

    Scheme and host are read in any case and returned as browsers write them: in small letters, IPv6 in its one form.
    """
    value = text(name, default).rstrip("/")
    parts, port = url(name, value)
    if value.partition("://")[2] != parts.netloc or not is_host(parts.hostname or "") or port == 0:
        refuse(name, "give an address like https://tokens.example.com, without a path.")
    if parts.netloc.endswith(":") or "@" in parts.netloc:
        refuse(name, "give an address like https://tokens.example.com, without a path.")
    if parts.scheme not in {"http", "https"}:
        refuse(name, "give an address that starts with https:// or http://.")
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{ipaddress.IPv6Address(host)}]"
    return f"{parts.scheme}://{host}" if port is None else f"{parts.scheme}://{host}:{port}"


def as_browsers_say(origin: str) -> str:
    """The origin as browsers name it, in `Origin` and to a passkey: without the port that its scheme has anyway."""
    standard_port = ":80" if origin.startswith("http://") else ":443"
    return origin.removesuffix(standard_port)


def issuer(name: str) -> str:
    """The issuer of an OpenID Connect provider, exactly as its tokens name it; empty where none is given.

    https, since what it says is believed because of whom it was fetched from; http only on this machine.
    """
    value = text(name, "")
    if not value:
        return value
    parts, port = url(name, value)
    is_plain = not (parts.query or parts.fragment or "@" in parts.netloc) and len(value) <= LONGEST_ISSUER
    if not is_plain or not is_host(parts.hostname or "") or port == 0:
        refuse(name, "give the issuer that the provider's tokens name, like https://id.example.com/realms/staff.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        refuse(name, "give an address that starts with https://.")
    return value


def url(name: str, value: str) -> tuple[SplitResult, int | None]:
    """The parts of a URL and its port."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        refuse(name, "it is no URL: look at its brackets, and at its port, a number from 1 to 65535.")
    return parts, port


def host(name: str, default: str) -> str:
    """A host name or an IP address, without brackets and without a port."""
    value = text(name, default)
    if value.startswith("[") and value.endswith("]"):
        value = value[1:-1]
    if not is_host(value):
        refuse(name, "give a host name or an IP address, without a port.")
    return value


def is_host(text: str) -> bool:
    """Whether this is a host name or an IP address."""
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return HOST_NAME.match(text) is not None
    return True


def folder(name: str, default: Path) -> Path:
    """A folder, made where it is missing."""
    path = Path(text(name, str(default))).resolve()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        refuse(name, "give a folder that exists or can be made.")
    return path


def takes_passkeys(origin: str) -> bool:
    """Whether browsers make passkeys for a site of this origin: by its name, over https or on this machine."""
    parts = urlsplit(origin)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return parts.scheme == "https" or host == "localhost" or host.endswith(".localhost")
    return False


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def database(name: str, default: Path) -> dict[str, Any]:
    """Django's database settings from `sqlite:///PATH` or `postgres://USER:PASSWORD@HOST:PORT/NAME`."""
    value = text(name, "")
    if not value:
        return sqlite(default)
    if value.startswith("sqlite:///") and len(value) > len("sqlite:///"):
        path = Path(unquote(value.removeprefix("sqlite:///")))
        if not path.parent.is_dir():
            refuse(name, "the folder of the database does not exist.")
        return sqlite(path)
    parts, port = url(name, value)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        refuse(name, "give postgres://USER:PASSWORD@HOST:PORT/NAME or sqlite:///PATH.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 3,
            # A statement that waits for a lock gives up and is answered 503, rather than holding a thread.
            "options": "-c lock_timeout=10000 -c statement_timeout=60000",
            **dict(parse_qsl(parts.query)),
        },
    }


def sqlite(path: Path) -> dict[str, Any]:
    """SQLite as a server's database: WAL, durable, and no transaction that fails half-way for a lock.

    IMMEDIATE takes the write lock at BEGIN, so that writers queue (up to 20 s) instead of failing, and the
    transaction itself is the row lock that PostgreSQL has and SQLite lacks.
    """
    return {
        "ENGINE": "tokens_project.sqlite3",
        "NAME": path,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
        },
        "TEST": {"NAME": path.with_name(f"test_{path.name}")},
    }


def cache(name: str) -> dict[str, Any]:
    """Django's cache settings from `redis://HOST:PORT/NUMBER`; a table of the database where none is given."""
    value = text(name, "")
    if not value:
        return {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}
    parts, _port = url(name, value)
    if parts.scheme not in {"redis", "rediss", "unix"}:
        refuse(name, "give redis://HOST:PORT/NUMBER, rediss://… for TLS, or unix:///PATH.")
    # A server that does not answer must not hold a thread.
    options = {"socket_connect_timeout": 2, "socket_timeout": 2}
    return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": value, "OPTIONS": options}


def email(name: str, default: Path) -> dict[str, Any]:
    """Django's mail settings from `smtp://`, `smtp+starttls://` or `smtps://USER:PASSWORD@HOST:PORT`.

    `file:///FOLDER` writes each mail to a file of that folder, which is also the default.
    """
    value = text(name, "") or f"file://{default}"
    parts, port = url(name, value)
    if parts.scheme == "file" and parts.path:
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": unquote(parts.path),
        }
    standard_ports = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
    if parts.scheme not in standard_ports or not parts.hostname:
        refuse(name, "give smtps://USER:PASSWORD@HOST:PORT, smtp+starttls://…, smtp://… or file:///FOLDER.")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or standard_ports[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+starttls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 10,
    }
