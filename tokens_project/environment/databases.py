"""Reader for the URL of the database."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult

from tokens_project.environment.urls import ANYTHING, NUMBER, decoded, parameters, server, service_url, url
from tokens_project.environment.values import refuse, text

# What may stand behind the ? of each kind of URL, with the pattern of its value. Whatever is given elsewhere in the
# URL, or with which the service could not work, is left out.
POSTGRESQL_PARAMETERS = {
    **dict.fromkeys(("sslcert", "sslcrl", "sslcrldir", "sslkey", "sslpassword", "sslrootcert"), ANYTHING),
    **dict.fromkeys(("application_name", "krbsrvname", "options", "passfile", "require_auth", "service"), ANYTHING),
    **dict.fromkeys(("keepalives_count", "keepalives_idle", "keepalives_interval", "tcp_user_timeout"), NUMBER),
    "channel_binding": "disable|prefer|require",
    "connect_timeout": "[1-9][0-9]?",
    "gssencmode": "disable|prefer|require",
    "host": "/.+",
    "hostaddr": "[0-9A-Fa-f.:,]+",
    "keepalives": "0|1",
    "load_balance_hosts": "disable|random",
    "ssl_min_protocol_version": r"TLSv1\.[23]",
    "sslmode": "disable|allow|prefer|require|verify-ca|verify-full",
    "sslnegotiation": "postgres|direct",
    "target_session_attrs": "any|read-write|primary",
}
# Ours; the library of PostgreSQL knows none of these.
OWN_PARAMETERS = {"prepared_statements": "on|off"}


def database(name: str, default: Path) -> dict[str, Any]:
    """Django's database settings from `sqlite:///PATH` or `postgres://USER:PASSWORD@HOST:PORT/NAME`."""
    value = text(name, "")
    return database_at(name, value) if value else sqlite(default)


def database_at(name: str, value: str) -> dict[str, Any]:
    """Django's database settings from such a URL, which was given as `name`."""
    parts, port = service_url(name, value)
    if parts.scheme == "sqlite":
        return sqlite(sqlite_file(name, value, parts))
    path = parts.path.strip("/")
    if parts.scheme not in {"postgres", "postgresql"} or "://" not in value or not path or "/" in path:
        refuse(name, "give postgres://USER:PASSWORD@HOST:PORT/NAME or sqlite:///PATH.")
    if find_spec("psycopg") is None:
        refuse(name, "the driver of PostgreSQL is not installed; `make install` does that where DATABASE_URL is set.")
    options = parameters(name, parts, POSTGRESQL_PARAMETERS | OWN_PARAMETERS)
    prepared = options.pop("prepared_statements", None)
    host = postgresql_host(name, parts)
    if host and "host" in options:
        refuse(name, "its host is given twice, before the path and behind the ?.")
    return {
        "ENGINE": "tokens_project.postgresql",
        "NAME": decoded(name, path),
        "USER": decoded(name, parts.username or ""),
        "PASSWORD": decoded(name, parts.password or ""),
        "HOST": host,
        "PORT": str(port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        # None: found out by each connection.
        "PREPARED_STATEMENTS": None if prepared is None else prepared == "on",
        "OPTIONS": {
            "connect_timeout": 3,
            # What TCP would find out by itself only after a quarter of an hour, or never.
            "tcp_user_timeout": 10_000,
            "keepalives_idle": 30,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            **options,
        },
    }


def is_postgresql(name: str) -> bool:
    """Whether the URL of a database is one of PostgreSQL."""
    return text(name, "").lower().startswith("postgres")


def postgresql_host(name: str, parts: SplitResult) -> str:
    """Its host, several with commas between them, or the folder of its socket, percent-encoded; empty for the usual."""
    # Unlike `hostname`, not in lower case: it may be a path.
    place = re.sub(r":[0-9]*\Z", "", parts.netloc.rpartition("@")[2])
    if place.lower().startswith("%2f"):
        return decoded(name, place)
    hosts = place.split(",") if place else []
    return ",".join(server(name, url(name, f"//{host}")[0]) for host in hosts)


def sqlite_file(name: str, value: str, parts: SplitResult) -> Path:
    """The file of an SQLite database."""
    parameters(name, parts, {})
    path = decoded(name, parts.path.removeprefix("/"))
    if parts.netloc or ":///" not in value or path in {"", ":memory:"} or path.endswith("/"):
        refuse(name, "give the file of the database, sqlite:///PATH.")
    # Relative, it could be taken for SQLite's own kind of URL.
    file = Path(path).absolute()
    if not os.path.isdir(file.parent):  # noqa: PTH112 - Path's own raises where the folder may not be looked into
        refuse(name, "the folder of the database does not exist.")
    return file


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
            # Django reads what is stored by its fields. SQLite's driver would look at the type of every column first,
            # at each statement, and read instants, dates and truths itself.
            "detect_types": 0,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
        },
        "TEST": {"NAME": path.with_name(f"test_{path.name}")},
    }
