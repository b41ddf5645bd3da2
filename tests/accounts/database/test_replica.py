"""Lists are read from a replica where there is one, that is near, for whoever may be told what is some seconds old."""

from __future__ import annotations

import time

import pytest
from django.db import DatabaseError, OperationalError, connections, router

from accounts.database import replica
from accounts.database.replica import (
    REPLICA,
    Mark,
    alias_for_reading,
    check_replica,
    connection_for_reading,
    lists_may_be_behind,
    number,
    read_from_replica,
)
from accounts.database.statement_time import TakesTooLong, statement_time, statements_within
from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.concurrency import PATIENCE, threads
from tests.conftest import is_postgresql
from tests.factories import issued_pat
from tests.postgresql import free_port
from tests.replica import has_replica, near
from trusted_apps.models import TrustedApplication

__all__ = ["has_replica", "near"]
pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", REPLICA]),
    pytest.mark.skipif(not is_postgresql(), reason="SQLite has no replica"),
]


def asked() -> str:
    """The database that a list is read from, which may be some seconds old."""
    with lists_may_be_behind(lambda: True):
        return read_from_replica(alias_for_reading)


def test_a_list_that_may_be_behind_is_read_from_the_replica_and_nothing_else_is() -> None:
    assert asked() == REPLICA
    assert (alias_for_reading(), connection_for_reading()) == ("default", connections["default"])
    assert read_from_replica(alias_for_reading) == "default"
    for may_be_behind in (None, lambda: False):
        with lists_may_be_behind(may_be_behind):
            assert read_from_replica(alias_for_reading) == "default"


def test_what_belongs_to_a_row_of_the_replica_is_read_from_the_primary_and_written_there(
    alice: User, bob: User, application: TrustedApplication
) -> None:
    issued_pat(alice, application)
    with lists_may_be_behind(lambda: True):
        token = read_from_replica(ReferenceToken.objects.get)
    assert token._state.db == REPLICA
    assert token.application._state.db == "default"
    token.holder = bob
    token.save(update_fields=["holder"])
    assert ReferenceToken.objects.get(holder=bob)._state.db == "default"
    assert not router.allow_migrate(REPLICA, "accounts")
    assert router.allow_migrate("default", "accounts")


def test_a_replica_that_is_behind_is_left_until_it_has_caught_up(
    monkeypatch: pytest.MonkeyPatch, log_lines: list[str]
) -> None:
    monkeypatch.setattr(replica, "LOOK_SECONDS", 0)
    monkeypatch.setattr(replica, "AWAY_SECONDS", 0)
    replayed = replica.REPLAYED
    monkeypatch.setattr(replica, "REPLAYED", "SELECT 1")
    assert {asked() for _number in range(10)} == {"default"}
    assert [line for line in log_lines if "the replica is more than 10 seconds behind" in line]
    # It has reached a mark of a minute ago, and none since.
    replica.watch._marks.appendleft(Mark(time.monotonic() - 60, 0))
    assert asked() == "default"
    monkeypatch.setattr(replica, "REPLAYED", replayed)
    assert asked() == REPLICA


def test_a_process_looks_from_time_to_time_for_all_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked() == REPLICA
    monkeypatch.setattr(replica, "REPLAYED", "SELECT 0")
    assert asked() == REPLICA
    replica.watch._looks_at = 0
    assert asked() == "default"


def asked_in_a_thread() -> str:
    """The same, of a thread that ends."""
    try:
        return asked()
    finally:
        connections[REPLICA].close()


def test_while_a_look_takes_long_a_list_is_still_no_more_than_so_far_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked() == REPLICA
    monkeypatch.setattr(replica, "MOST_SECONDS_BEHIND", 0.3)
    watch = replica.watch
    watch._looks_at = 0
    assert asked() == REPLICA
    watch._looks_at = 0
    monkeypatch.setattr(replica, "REPLAYED", f"{replica.WRITTEN} FROM pg_sleep(3)")
    with threads() as start:
        looking = start(asked_in_a_thread)
        time.sleep(0.4)
        assert (asked(), looking.done()) == ("default", False)
        assert looking.result(PATIENCE) == "default"


def test_a_look_that_ends_after_the_replica_was_left_does_not_lead_back_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica, "REPLAYED", f"{replica.WRITTEN} FROM pg_sleep(3)")
    with threads() as start:
        looking = start(asked_in_a_thread)
        time.sleep(0.2)
        replica.watch.leave("it fails")
        assert (looking.done(), looking.result(PATIENCE)) == (False, "default")
    assert asked() == "default"


def test_a_server_that_is_no_standby_or_away_is_none(monkeypatch: pytest.MonkeyPatch, log_lines: list[str]) -> None:
    monkeypatch.setattr(replica, "REPLAYED", "SELECT pg_last_wal_replay_lsn()")
    assert asked() == "default"
    assert [line for line in log_lines if "the replica cannot be asked: it is no standby" in line]
    with pytest.raises(OperationalError, match="it is no standby"):
        check_replica()
    monkeypatch.setitem(connections[REPLICA].settings_dict, "PORT", str(free_port()))
    connections[REPLICA].close()
    with pytest.raises(OperationalError, match="onnection"):
        check_replica()


def test_what_the_replica_fails_at_is_read_from_the_primary_and_costs_the_page_nothing(log_lines: list[str]) -> None:
    def read() -> int:
        ends = alias_for_reading() == REPLICA
        return (
            number(alias_for_reading(), "SELECT pg_sleep(0.1), pg_terminate_backend(pg_backend_pid())") if ends else 7
        )

    for limits in (statements_within(5), lists_may_be_behind(None)):
        replica.watch._looks_at = 0
        with limits, lists_may_be_behind(lambda: True):
            allowed = statement_time()
            left = allowed and allowed.left
            assert read_from_replica(read) == 7
            assert (allowed and allowed.left) == left
            # It is not asked again at once.
            assert read_from_replica(alias_for_reading) == "default"
    assert [line for line in log_lines if "the replica does not answer" in line]


def test_a_list_that_takes_too_long_is_not_asked_of_the_primary_too_nor_is_the_replica_left() -> None:
    aliases = []

    def read() -> int:
        aliases.append(alias_for_reading())
        return number(alias_for_reading(), "SELECT 7 FROM pg_sleep(5)")

    with pytest.raises(TakesTooLong), statements_within(0.2), lists_may_be_behind(lambda: True):
        read_from_replica(read)
    assert aliases == [REPLICA]
    assert asked() == REPLICA


def test_a_connection_that_the_replica_has_closed_is_made_again(log_lines: list[str]) -> None:
    pid = "SELECT pg_backend_pid()"
    for _number in range(2):
        with lists_may_be_behind(lambda: True):
            found = read_from_replica(lambda: number(alias_for_reading(), pid))
        assert asked() == REPLICA
        number("default", f"SELECT pg_terminate_backend({found}, 5000)::int")
    assert not [line for line in log_lines if "lists are read from the primary" in line]


def test_what_is_wrong_in_a_statement_is_wrong_on_the_primary_too() -> None:
    with pytest.raises(DatabaseError), lists_may_be_behind(lambda: True):
        read_from_replica(lambda: number(alias_for_reading(), "SELECT nothing"))


def test_run8_a_check_of_the_settings_waits_a_moment_for_the_replica(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_replica().endswith("a standby, at most 0.0 seconds behind")
    monkeypatch.setattr(replica, "REPLAYED", "SELECT 0")
    monkeypatch.setattr(replica, "MOST_SECONDS_BEHIND", 0.1)
    monkeypatch.setattr(replica, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(replica, "CHECK_SECONDS", 0.06)
    with pytest.raises(OperationalError, match="seconds behind"):
        check_replica()
