"""The servers of a URL: who lets the service in is asked first, and who does not says why."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import psycopg
import pytest

from accounts.database.deadlines import with_deadline
from tokens_project.postgresql.places import Places

pytestmark = pytest.mark.once

THREE = {"host": "a,b,c", "port": "5433", "dbname": "tokens"}


class Network:
    """Servers of which some let nobody in; `asked` says who was asked, in turn."""

    def __init__(self, *away: str) -> None:
        self.away = set(away)
        self.asked: list[str] = []

    def connect(self, **parameters: Any) -> str:
        host = parameters["host"]
        self.asked.append(host)
        if host in self.away:
            raise psycopg.OperationalError(f"{host} is away\nand more")
        return f"{host}:{parameters['port']}/{parameters['dbname']}"


def connected(places: Places, network: Any, parameters: dict[str, str] = THREE) -> Any:
    network.asked.clear()
    return places.connect(network, parameters)


def test_the_first_that_lets_us_in_is_asked_first_from_then_on() -> None:
    places, network = Places(), Network("a")
    assert connected(places, network) == "b:5433/tokens"
    assert network.asked == ["a", "b"]
    assert connected(places, network) == "b:5433/tokens"
    assert network.asked == ["b"]
    network.away = {"b"}
    assert connected(places, network) == "c:5433/tokens"


def test_each_that_lets_nobody_in_says_why_in_one_line() -> None:
    places = Places()
    with pytest.raises(psycopg.OperationalError, match=r"^a is away; b is away; c is away$"):
        connected(places, Network("a", "b", "c"))


def test_the_error_of_the_only_one_stays_as_it_is() -> None:
    places = Places()
    with pytest.raises(psycopg.OperationalError, match=r"^a is away\nand more$"):
        connected(places, Network("a"), {"host": "a", "port": "5433"})


def test_whose_time_ends_leaves_the_rest_to_the_next() -> None:
    places, network = Places(), Network("a", "b")
    for asked in (["a"], ["b"], ["c"]):
        with pytest.raises(psycopg.OperationalError) if asked != ["c"] else nullcontext():
            with_deadline(0, connected, places, network)
        assert network.asked == asked


def test_every_host_may_have_a_port_of_its_own() -> None:
    places = Places()
    own = {"host": "a,b", "port": "5433,5434", "dbname": "tokens"}
    assert connected(places, Network("a"), own) == "b:5434/tokens"
