"""Readers for settings from the environment. A bad value stops the start with one line that names it."""

from __future__ import annotations

import ipaddress
import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

# What django-allauth's table of identities has room for.
LONGEST_ISSUER = 200
LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
HOST_NAME = re.compile(rf"(?=.{{1,253}}\Z){LABEL}(\.{LABEL})*\Z")
LOCAL_PART = re.compile(r'[^@\s"(),:;<>\[\]\\]+\Z')
NAME_AND_ADDRESS = re.compile(r'("[^"\\]*" ?|[^"(),:;<>@\[\]\\]*)<(?P<address>[^<>]*)>\Z')
LIKE_IPV4 = re.compile(r"[0-9.]+\Z")

ANYTHING, NUMBER, SECONDS, SWITCH = ".+", "[0-9]{1,9}", r"(?![0.]+\Z)[0-9]{1,4}(\.[0-9]{1,3})?", "(?i:true|false|1|0)"
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
REDIS_PARAMETERS = {
    "client_name": r"\S+",
    "health_check_interval": NUMBER,
    "max_connections": "[1-9][0-9]{0,5}",
    "protocol": "2|3",
    "retry_on_timeout": SWITCH,
    "socket_connect_timeout": SECONDS,
    "socket_timeout": SECONDS,
}
CACHE_PARAMETERS = {
    "redis": REDIS_PARAMETERS | {"socket_keepalive": SWITCH},
    "rediss": REDIS_PARAMETERS
    | {"socket_keepalive": SWITCH, "ssl_check_hostname": SWITCH, "ssl_cert_reqs": "none|optional|required"}
    | dict.fromkeys(("ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile", "ssl_password"), ANYTHING),
    "unix": REDIS_PARAMETERS | {"db": NUMBER},
}
STANDARD_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


MAY_NOT_WRITE = "this user may not write there."
CANNOT_BE_A_FOLDER = "give a folder that exists or can be made."
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


def words(name: str, default: list[str]) -> list[str]:
    """A comma-separated list."""
    value = text(name, "")
    return [word.strip() for word in value.split(",") if word.strip()] or default


def hosts(name: str, default: list[str]) -> list[str]:
    """Host names as requests give them, separated by commas; `.example.com` is that one and all below it."""
    return [host_of_requests(name, word) for word in words(name, [])] or default


def host_of_requests(name: str, word: str) -> str:
    """One of them: lower case, an IPv6 address short and in brackets, as browsers write it."""
    address = word[1:-1] if word.startswith("[") and word.endswith("]") else word
    try:
        read = ipaddress.IPv6Address(address)
    except ValueError:
        is_sent, as_sent = is_host(word.removeprefix(".")), word.lower()
    else:
        # The zone of a link, as in fe80::1%eth0, is known to one machine alone, and never sent.
        is_sent, as_sent = read.scope_id is None, f"[{read}]"
    if not is_sent:
        refuse(name, "give host names like tokens.example.com, separated by commas: no scheme, port, path or *.")
    return as_sent


def sender(name: str, default: str) -> str:
    """The address that mails come from, `NAME <tokens@example.com>` or the address alone."""
    value = text(name, "")
    if not value:
        return default
    match = NAME_AND_ADDRESS.match(value)
    local, _at, host = (match["address"] if match else value).rpartition("@")
    if not LOCAL_PART.match(local) or not is_host(host.strip("[]")):
        refuse(name, "give one e-mail address like Tokens <tokens@example.com>.")
    return value


def origin(name: str, default: str) -> str:
    """`scheme://host[:port]`, http or https, with no path: what RFC 6454 calls an origin.

    Scheme and host are read in any case and returned as browsers write them: in small letters, IPv6 in its one form.
    """
    value = text(name, default).rstrip("/")
    if not value.isascii():
        refuse(name, "give an address in ASCII: a host with other letters is written xn--…, as browsers send it.")
    parts, port = url(name, value)
    if value.partition("://")[2] != parts.netloc or not is_host(parts.hostname or "") or port == 0:
        refuse(name, "give an address like https://tokens.example.com, without a path.")
    # Browsers send no address with the zone of a link, such as fe80::1%eth0.
    if parts.netloc.endswith(":") or set("@%") & set(parts.netloc):
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
    is_plain = not re.search(r"[?#\s]", value) and "@" not in parts.netloc and len(value) <= LONGEST_ISSUER
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


def service_url(name: str, value: str) -> tuple[SplitResult, int | None]:
    """The parts of the URL of another service, and its port."""
    if "#" in value:
        refuse(name, "nothing may follow a #; within a password it is written %23.")
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
        return HOST_NAME.match(text) is not None and (LIKE_IPV4.match(text) is None or is_ipv4(text))
    return True


def is_ipv4(text: str) -> bool:
    """Whether this is an IPv4 address in the one form that everybody reads alike."""
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def folder(name: str, default: Path, *, is_needed: bool = True) -> Path:
    """A folder. It is not made: a command that was given none, or another one, would leave it behind.

    Where none is needed, whatever stands in its place is no reason to refuse.
    """
    path = Path(text(name, str(default)))
    try:
        path = path.resolve()
    except (OSError, RuntimeError):
        if is_needed:
            refuse(name, CANNOT_BE_A_FOLDER)
    there = next(place for place in (path, *path.parents) if not is_missing(place))
    # Path's own `is_dir` raises where the folder may not be looked into.
    if is_needed and not os.path.isdir(there):  # noqa: PTH112
        refuse(name, CANNOT_BE_A_FOLDER)
    return path


def make_folder(name: str, path: Path) -> None:
    """Make the folder that a setting names where it is missing, for its owner alone."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        refuse(name, CANNOT_BE_A_FOLDER)


def is_missing(path: Path) -> bool:
    """Whether nothing is there; what cannot be looked at is."""
    try:
        path.stat()
    except OSError as error:
        return isinstance(error, FileNotFoundError)
    return False


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
    """Whether only this machine can reach the host; a name below localhost is one of its own (RFC 6761 §6.3)."""
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
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
    parts, port = service_url(name, value)
    if parts.scheme == "sqlite":
        return sqlite(sqlite_file(name, value, parts))
    path = parts.path.strip("/")
    if parts.scheme not in {"postgres", "postgresql"} or "://" not in value or not path or "/" in path:
        refuse(name, "give postgres://USER:PASSWORD@HOST:PORT/NAME or sqlite:///PATH.")
    if find_spec("psycopg") is None:
        refuse(name, "the driver of PostgreSQL is not installed; `make install` does that where DATABASE_URL is set.")
    options = parameters(name, parts, POSTGRESQL_PARAMETERS)
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
    parts, _port = service_url(name, value)
    if parts.scheme not in CACHE_PARAMETERS or "://" not in value:
        refuse(name, "give redis://HOST:PORT/NUMBER, rediss://… for TLS, or unix:///PATH.")
    parameters(name, parts, CACHE_PARAMETERS[parts.scheme])
    for part in (parts.username, parts.password, parts.path):
        decoded(name, part or "")
    if parts.scheme == "unix":
        if parts.hostname or not parts.path.strip("/"):
            refuse(name, "give the file of the socket, unix:///PATH.")
    elif server(name, parts) and not re.fullmatch(r"(/[0-9]{0,4})?", parts.path):
        refuse(name, "its path must be the number of a database, like /0.")
    # The library knows its schemes in lower case alone.
    location = f"{parts.scheme}:{value.partition(':')[2]}"
    # A server that does not answer must not hold a thread.
    options = {"socket_connect_timeout": 2, "socket_timeout": 2}
    return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": location, "OPTIONS": options}


def email(name: str, default: Path) -> dict[str, Any]:
    """Django's mail settings from `smtp://`, `smtp+starttls://` or `smtps://USER:PASSWORD@HOST:PORT`.

    `file:///FOLDER` writes each mail to a file of that folder, which is also the default.
    """
    value = text(name, "")
    if not value:
        return mail_folder(default)
    parts, port = service_url(name, value)
    parameters(name, parts, {})
    if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc:
        return mail_folder(Path(decoded(name, parts.path)))
    if parts.scheme not in STANDARD_PORTS or parts.path not in {"", "/"}:
        refuse(name, "give smtps://USER:PASSWORD@HOST:PORT, smtp+starttls://…, smtp://… or file:///FOLDER.")
    host = server(name, parts)
    user, password = decoded(name, parts.username or ""), decoded(name, parts.password or "")
    if bool(user) != bool(password):
        refuse(name, "a user and a password are given together, or none of them.")
    if password and parts.scheme == "smtp" and not is_loopback(host):
        refuse(name, "smtp:// would send the password in clear; give smtp+starttls://… or smtps://….")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": host,
        "EMAIL_PORT": port or STANDARD_PORTS[parts.scheme],
        "EMAIL_HOST_USER": user,
        "EMAIL_HOST_PASSWORD": password,
        "EMAIL_USE_TLS": parts.scheme == "smtp+starttls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 10,
    }


def mail_folder(folder: Path) -> dict[str, Any]:
    """Django's mail settings for a folder that takes each mail as a file."""
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "EMAIL_FILE_PATH": str(folder),
    }
