"""Who is measured, and how each is asked about a token."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from tests.bench.databases import KEYS, Database
from tests.bench.peers import ASKING, CLIENT, api_key_of
from tests.bench.servers import PROJECT

Make = Callable[[str], bytes]
ACTIVE, COMPACT = b'"active": true', b'"active":true'
INTROSPECTION, FORWARD_AUTH, ME = "introspection", "forward auth", "/api/token"
NOOP, RAW, BARE, BARE_GTHREAD = "WSGI callable, nothing", "WSGI callable, one SELECT", "bare view", "bare view, gthread"
TOOLKIT, KNOX, API_KEY, AUTHLIB = "django-oauth-toolkit", "django-rest-knox", "djangorestframework-api-key", "Authlib"


@dataclass(frozen=True, eq=False)
class Contestant:
    """A server, by its configuration and environment, and the request for a token."""

    name: str
    configuration: str
    environment: dict[str, str]
    request: Make
    expected: bytes = ACTIVE

    @property
    def server(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Those with the same share one server."""
        return self.configuration, tuple(sorted(self.environment.items()))


def basic(identity: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{identity}:{secret}".encode()).decode()


def post(path: str, authorization: str | None) -> Make:
    """POST the token as a form."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/x-www-form-urlencoded"]
    lines += [f"Authorization: {authorization}"] if authorization else []

    def made(token: str) -> bytes:
        body = urlencode({"token": token})
        return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body]).encode()

    return made


def get(path: str, authorization: Callable[[str], str]) -> Make:
    """GET with the token in the Authorization header."""

    def made(token: str) -> bytes:
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", f"Authorization: {authorization(token)}"]
        return "\r\n".join([*lines, "", ""]).encode()

    return made


def bearer(token: str) -> str:
    return f"Bearer {token}"


def ours(database: Database) -> list[Contestant]:
    """The service over a database, by its three doors for the holders' tokens."""
    identity = database.server[0]
    doors = (
        (INTROSPECTION, post("/oauth/introspect", basic(*database.server)), ACTIVE),
        (FORWARD_AUTH, get(f"/auth/resource/{identity}", bearer), b"X-Auth-"),
        (ME, get("/api/token", bearer), b'"scopes"'),
    )
    return [
        Contestant(name, "tests.bench.our_gunicorn", database.environment, request, expected)
        for name, request, expected in doors
    ]


def limits(database: Database) -> list[Contestant]:
    """What a Django view, a lookup and the server cost at the least."""
    raw = database.url.removeprefix("sqlite:///")
    return [
        peer(NOOP, "noop", post("/", None)),
        peer(RAW, "raw_select", post("/", None), PEER_DATABASE=raw, **KEYS),
        peer(BARE, "django_wsgi", get("/bare", bearer), PEER="bare", PEER_DATABASE=":memory:"),
        peer(
            BARE_GTHREAD,
            "django_wsgi",
            get("/bare", bearer),
            PEER="bare",
            PEER_DATABASE=":memory:",
            WORKER_CLASS="gthread",
        ),
    ]


def peers(database: Database, tokens: int) -> list[Contestant]:
    """The peers over the same tokens, in a database of the same kind."""
    place = {"PEER": "peers", "PEER_DATABASE": filled_for_peers(database, tokens)}
    return [
        peer(TOOLKIT, "django_wsgi", post("/toolkit", bearer(ASKING)), **place),
        peer(KNOX, "django_wsgi", get("/knox", lambda token: f"Token {token}"), COMPACT, **place),
        peer(API_KEY, "django_wsgi", get("/api-key", lambda token: f"Api-Key {api_key_of(token)}"), COMPACT, **place),
        peer(AUTHLIB, "django_wsgi", post("/authlib", basic(*CLIENT)), COMPACT, **place),
    ]


def peer(name: str, module: str, request: Make, expected: bytes = ACTIVE, /, **environment: str) -> Contestant:
    return Contestant(
        name,
        "tests.bench.peers.gunicorn_conf",
        {"PEER_MODULE": module, "DJANGO_SETTINGS_MODULE": "tests.bench.peers.settings", **environment},
        request,
        expected,
    )


def filled_for_peers(database: Database, tokens: int) -> str:
    """Where the peers have these tokens."""
    if database.vendor == "SQLite":
        place = str(database.folder / "peers.sqlite3")
    else:
        import psycopg

        server = database.url.rpartition("/")[0]
        place = f"{server}/peers"
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = 'peers'").fetchone():
                return place
            connection.execute("CREATE DATABASE peers")
    done = database.folder / f"peers-{database.vendor}"
    if database.vendor != "SQLite" or not done.exists():
        # One that was broken off is begun anew.
        (database.folder / "peers.sqlite3").unlink(missing_ok=True)
        command = [sys.executable, "-m", "tests.bench.peers.fill", str(database.folder / "tokens"), str(tokens)]
        subprocess.run(command, cwd=PROJECT, env={"PEER_DATABASE": place}, check=True)
        done.touch()
    return place
