"""A WSGI callable with an HMAC and one SELECT by the digest, on the driver itself: the least that a lookup costs."""

from __future__ import annotations

import hashlib
import hmac
import os
import sqlite3
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

KEY = os.environ["TOKEN_HASH_KEYS"].encode()
DATABASE = os.environ["PEER_DATABASE"]
COLUMNS = "id, application_id, holder_id, scopes, expires_at, revoked_at, suspended_at"
SELECT = f"SELECT {COLUMNS} FROM reference_tokens_referencetoken WHERE digest = "
_local = threading.local()


def connection() -> Any:
    """The connection of this thread."""
    if not hasattr(_local, "connection"):
        if DATABASE.startswith("postgres"):
            import psycopg

            _local.connection = psycopg.connect(DATABASE, autocommit=True)
        else:
            _local.connection = sqlite3.connect(DATABASE, isolation_level=None)
    return _local.connection


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    form = parse_qs(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
    token = form.get(b"token", [b""])[0]
    digest = hmac.digest(KEY, token, hashlib.sha256)
    mark = "%b" if DATABASE.startswith("postgres") else "?"
    found = connection().execute(SELECT + mark, (digest,)).fetchone()
    body = b'{"active": true}' if found else b'{"active": false}'
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
