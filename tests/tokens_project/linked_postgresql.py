"""A PostgreSQL server behind a link, and connections to it as the service makes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper

from tests.cut_link import Link

ALIAS = "postgresql"
Connect = Callable[..., BaseDatabaseWrapper]


class Server(NamedTuple):
    """A server behind a link; `url` leads there without the link."""

    url: str
    link: Link
    through_link: str

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type, unused-ignore]


def value(connection: BaseDatabaseWrapper, statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]
