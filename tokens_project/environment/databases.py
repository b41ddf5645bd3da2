"""Reader for the URL of the database."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult

from tokens_project.environment.urls import (
    ANYTHING,
    NUMBER,
    decoded,
    parameters,
    parts_of_service,
    server,
    service_url,
)
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
    "target_session_attrs": "any|read-write|primary|standby",
}
# Ours; the library of PostgreSQL knows none of these.
OWN_PARAMETERS = {"prepared_statements": "on|off"}
# How a server in this role may be asked for, and what else its URL may be.
OF_ROLE = {"primary": {"primary", "read-write", "any"}, "standby": {"standby"}}
OR_ELSE = {"primary": " or sqlite:///PATH", "standby": ""}


def database(name: str, default: Path) -> dict[str, Any]:
    """Django's database settings from `sqlite:///PATH` or `postgres://USER:PASSWORD@HOST:PORT/NAME`."""
    value = text(name, "")
    return database_at(name, value) if value else sqlite(default)


def database_at(name: str, value: str) -> dict[str, Any]:
    """Django's database settings from such a URL, which was given as `name`."""
    if value.lower().startswith("sqlite:"):
        return sqlite(sqlite_file(name, value, service_url(name, value)[0]))
    return postgresql(name, value)


def postgresql(name: str, value: str, role: str = "primary") -> dict[str, Any]:
    """Django's database settings from `postgres://USER:PASSWORD@HOST:PORT,HOST:PORT/NAME`.

    A standby is refused when a connection begins, since it may not know yet which tokens are revoked (TOK-8);
    `role` is that of the server that is wanted.
    """
    parts = parts_of_service(name, value)
    path = parts.path.strip("/")
    if parts.scheme not in {"postgres", "postgresql"} or "://" not in value or not path or "/" in path:
        refuse(name, f"give postgres://USER:PASSWORD@HOST:PORT/NAME{OR_ELSE[role]}.")
    if find_spec("psycopg") is None:
        refuse(name, "the driver of PostgreSQL is not installed; `make install` does that where DATABASE_URL is set.")
    hosts, ports = postgresql_places(name, parts)
    options = postgresql_options(name, parts, hosts, role)
    prepared = options.pop("prepared_statements", None)
    return {
        "ENGINE": "tokens_project.postgresql",
        "NAME": decoded(name, path),
        "USER": decoded(name, parts.username or ""),
        "PASSWORD": decoded(name, parts.password or ""),
        "HOST": hosts,
        "PORT": ports,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        # None: found out by each connection.
        "PREPARED_STATEMENTS": None if prepared is None else prepared == "on",
        "OPTIONS": {
            # For each host: a validation that finds two of them silent is still answered in time (VAL-4).
            "connect_timeout": 2 if are_several(hosts, options) else 3,
            "target_session_attrs": role,
            # What TCP would find out by itself only after a quarter of an hour, or never.
            "tcp_user_timeout": 10_000,
            "keepalives_idle": 30,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            **options,
        },
    }


def postgresql_options(name: str, parts: SplitResult, hosts: str, role: str) -> dict[str, str]:
    """What follows the ? of its URL, where the service can work with that."""
    options = parameters(name, parts, POSTGRESQL_PARAMETERS | OWN_PARAMETERS)
    if hosts and "host" in options:
        refuse(name, "its host is given twice, before the path and behind the ?.")
    taken = OF_ROLE[role]
    if are_several(hosts, options):
        # Any of them could be a standby.
        taken = taken - {"any"}
    if options.get("target_session_attrs", role) not in taken:
        refuse(name, f"its target_session_attrs must be `{role}` (of the one host of DATABASE_URL, it may be `any`).")
    return options


def are_several(hosts: str, options: dict[str, str]) -> bool:
    """Whether it names several servers: by their hosts, their folders or their addresses."""
    return any("," in named for named in (hosts, options.get("host", ""), options.get("hostaddr", "")))


def replica(name: str) -> dict[str, dict[str, Any]]:
    """Django's database settings of a standby that lists may be read from, if one is given."""
    value = text(name, "")
    if not value:
        return {}
    if not is_postgresql("DATABASE_URL"):
        refuse(name, "only a PostgreSQL server has a replica, and DATABASE_URL names none.")
    return {"replica": postgresql(name, value, "standby") | {"TEST": {"MIRROR": "default"}}}


def is_postgresql(name: str) -> bool:
    """Whether the URL of a database is one of PostgreSQL."""
    return text(name, "").lower().startswith("postgres")


def postgresql_places(name: str, parts: SplitResult) -> tuple[str, str]:
    """Its hosts and their ports, each with commas between them; one port where that of the last host is the only one.

    Or the folder of its socket, percent-encoded; empty for the usual.
    """
    hosts, ports = [], []
    for place in parts.netloc.rpartition("@")[2].split(","):
        read, port = service_url(name, f"//{place}")
        # Unlike `hostname`, not in lower case: it may be a path.
        host = re.sub(r":[0-9]*\Z", "", place)
        is_folder = host.lower().startswith("%2f")
        hosts.append(decoded(name, host) if is_folder or not host else server(name, read))
        ports.append(str(port or ""))
    if len(hosts) > 1 and not all(hosts):
        refuse(name, "between two of its commas there is no host.")
    return ",".join(hosts), ",".join(ports) if any(ports[:-1]) else ports[-1]


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
