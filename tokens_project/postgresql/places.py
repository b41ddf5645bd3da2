"""The servers that a URL names: of a primary and its standbys, only the primary lets the service in.

psycopg by itself asks them in the order of the URL, each time: after a failover every new connection would first wait
for the server that is gone.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Any, TypeVar

import psycopg

from accounts.database.deadlines import deadline_of_thread
from accounts.database.errors import cause_of

Connected = TypeVar("Connected", bound=psycopg.Connection[Any])


class Places:
    """The servers of one database, as the threads of a process know them: who let them in last is asked first."""

    def __init__(self) -> None:
        self._first = 0
        # The one that let a thread in last, and how often that was another than before.
        self._last: dict[str, str] = {}
        self.changes = 0

    def connect(self, kind: type[Connected], parameters: dict[str, Any]) -> Connected:
        """A connection to the first of them that lets us in; raises `psycopg.Error`, which says why each did not.

        Whose time ends on the way leaves it to the next to begin behind the server that they waited for.
        """
        servers, first = places_in(parameters), self._first
        refused: list[psycopg.Error] = []
        for place in range(first, first + len(servers)):
            try:
                connection = kind.connect(**parameters | servers[place % len(servers)])
            except psycopg.Error as error:
                refused.append(error)
                self._first = place + 1
                if time.monotonic() >= deadline_of_thread():
                    break
            else:
                self._note(place, servers[place % len(servers)])
                return connection
        raise refusal_of_all(refused)

    def _note(self, place: int, server: dict[str, str]) -> None:
        self._first = place
        if server != self._last:
            self._last = server
            self.changes += 1


def refusal_of_all(refused: list[psycopg.Error]) -> psycopg.Error:
    """What to raise: the error of the only server, or one that repeats what each said."""
    if len(refused) == 1:
        return refused[0]
    return psycopg.OperationalError("; ".join(map(cause_of, refused)))


def places_in(parameters: dict[str, Any]) -> list[dict[str, str]]:
    """Host, address and port of each server; one that is given once is that of all."""
    given = {name: str(parameters[name]).split(",") for name in ("host", "hostaddr", "port") if parameters.get(name)}
    number = max(map(len, given.values()), default=1)
    return [{name: values[place % len(values)] for name, values in given.items()} for place in range(number)]


# Those of each database, by its alias.
places: defaultdict[str, Places] = defaultdict(Places)
