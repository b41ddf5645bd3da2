"""Asking the introspection endpoint as a Resource Server does."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

PATH = "/oauth/introspect"
REVOKE_PATH = "/oauth/revoke"
FORM = "application/x-www-form-urlencoded"
# Well formed and issued by nobody; always the same, since it stands in the names of tests.
UNKNOWN = "enrt_0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456756157AAE"
INACTIVE = b'{"active": false}'


def basic(client_id: str, secret: str) -> str:
    """The value of an Authorization header with both parts as they are."""
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def credentials(server: Any) -> str:
    """The Authorization header of this Resource Server."""
    return basic(server.client_id, server.plain_secret)


def ask(
    client: Client, body: str | bytes, authorization: str | None = None, *, path: str = PATH, **headers: str
) -> Any:
    """POST any body; `headers` are written with underscores."""
    if authorization is not None:
        headers["authorization"] = authorization
    content_type = headers.pop("content_type", FORM)
    return client.post(
        path,
        body,
        content_type=content_type,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def introspect(client: Client, server: Any, token: str, **headers: str) -> Any:
    """The answer that the Resource Server gets about the token."""
    return ask(client, urlencode({"token": token}), credentials(server), **headers)


def revoke(client: Client, server: Any, token: str) -> Any:
    """The answer that the Resource Server gets when it revokes the token."""
    return ask(client, urlencode({"token": token}), credentials(server), path=REVOKE_PATH)


def is_active(client: Client, server: Any, token: str) -> bool:
    """Whether the token is good; anything but the two answers of the contract fails."""
    response = introspect(client, server, token)
    assert response.status_code == 200
    active: bool = response.json()["active"]
    assert active or response.content == INACTIVE
    return active


class Statements(CaptureQueriesContext):
    """The SQL statements of the block."""

    def __init__(self) -> None:
        super().__init__(connection)

    @property
    def sql(self) -> list[str]:
        # PostgreSQL's unions begin with a bracket.
        return [query["sql"].lstrip("(") for query in self.captured_queries]

    @property
    def about_tokens(self) -> list[str]:
        """Those that name the table of tokens."""
        return [sql for sql in self.sql if "reference_tokens_referencetoken" in sql]

    @property
    def about_uses(self) -> list[str]:
        """Those that name the table of their last uses."""
        return [sql for sql in self.sql if "reference_tokens_tokenuse" in sql]

    @property
    def verbs(self) -> list[str]:
        return [sql.split(" ", 1)[0] for sql in self.sql]


def plan(query: Any) -> str:
    """How the database means to run the query; PostgreSQL would rather sort a few rows than read an index."""
    if connection.vendor == "sqlite":
        return str(query.explain())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
    return str(query.explain())


def plan_of(sql: str) -> str:
    """How the database means to run a statement; PostgreSQL would rather read a few rows than an index."""
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        if not is_sqlite:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if is_sqlite else ''}{sql}")
        return "\n".join(str(row) for row in cursor.fetchall())
