"""Limits of attempts, counted for all processes together, before each attempt (T51).

An account is counted together with the address of the attempt, so that a stranger at another address keeps nobody from
signing in. A right attempt is given back: only failures use a limit up.

Counters stand in Redis where `CACHE_URL` names it, else in a table of ours. django-allauth's own limits count names
without the address, in Django's cache, which may forget: an attacker who tries many names makes it. Here one statement,
or one command of Redis, counts and returns the count, so that of many attempts at once no more pass than may.
"""

from __future__ import annotations

import ipaddress
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.db import DatabaseError, connection
from django.utils.crypto import salted_hmac

from accounts.database.locks import sqlite_lock_wait
from accounts.http import client_address
from accounts.limits.concurrency import Busy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.http import HasHeaders


@dataclass(frozen=True, slots=True)
class Limits:
    """Most attempts within so many seconds: for an account from one address, for one address, for an account anywhere.

    0 is no limit. A limit for an account anywhere counts only attempts of people who have shown before that it is
    theirs: else a stranger could lock them out.
    """

    name: str
    seconds: int
    account_here: int = 0
    address: int = 0
    account: int = 0


# A password, at the sign-in page and at each confirmation.
PASSWORD = Limits("password", 5 * 60, account_here=10, address=50)
# A password of one account, from all addresses together, by all browsers that the account does not know (T51). Each
# known browser is counted by itself, so that an attacker's guesses do not hold it up.
GUESSES = Limits("guesses", 3600, account=50)
GUESSES_LETTER = Limits("guesses_letter", 24 * 3600, account=1)
# Mails to an account that somebody names, or to an address that somebody types.
RESET = Limits("reset", 3600, account_here=5, address=20)
# Mails to people without a password: as many as there would be links.
NO_PASSWORD_LETTER = Limits("no_password_letter", 3600, account=5)
EMAIL_CHANGE = Limits("email_change", 3600, account=5)
# Each attempt makes this server ask another one: nobody may keep this one busy with that.
OPENID = Limits("openid", 60, address=20)
# Codes, which come after the password: three of a million are right at a time, and fifty guesses a day find none.
CODE, CODE_A_DAY = Limits("code", 5 * 60, account=10), Limits("code_a_day", 24 * 3600, account=50)
# A passkey without a name: each attempt of anybody costs a query.
PASSKEY = Limits("passkey", 60, address=20)


# An attempt waits so long to be counted, in the database and in Redis. Anybody may make one: while SQLite has a long
# writer, they must not hold the threads of all pages.
COUNTING_SECONDS = 2
TRANSLATED_IPV4 = ipaddress.ip_network("64:ff9b::/96")

# The kinds of counters, as a part of their names.
ACCOUNT_HERE, ADDRESS, ACCOUNT = range(3)


class TooManyAttempts(Exception):
    """There were too many attempts; `refused` says how many have been refused so far."""

    def __init__(self, limits: Limits, *, refused: int) -> None:
        self.name, self.seconds, self.refused = limits.name, limits.seconds, refused
        super().__init__("too many attempts")


class CannotCount(Exception):
    """The store of the counters cannot be reached, so that nothing that is limited can be done."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The counters of one attempt."""

    counters: list[tuple[str, int]]

    def give_back(self, times: int = 1) -> None:
        """Take the attempt back, or so many: it was right, and the others led to it."""
        for key, _most in self.counters:
            change_counter(key, -times, 0)

    @contextmanager
    def unless_busy(self) -> Iterator[None]:
        """Take the attempt back where the block finds no free slot: nothing was tried."""
        try:
            yield
        except Busy:
            self.give_back()
            raise


def count_attempt(request: HasHeaders, limits: Limits, account: str = "") -> Attempt:
    """Count an attempt; raises `TooManyAttempts` where it is one too many, and `CannotCount`.

    A client without an address, as behind a Unix socket, is not limited by it: everybody there would share it.
    """
    address = network_of(client_address(request))
    # The address first: an attempt that it refuses stores no row for the account, and anybody can name many accounts.
    counted = [
        (ADDRESS, address, limits.address if address else 0),
        (ACCOUNT_HERE, f"{account} {address}", limits.account_here),
        (ACCOUNT, account, limits.account),
    ]
    counters = [(counter_key(limits, kind, whom), most) for kind, whom, most in counted if most]
    for key, most in counters:
        count = change_counter(key, 1, limits.seconds)
        if count > most:
            raise TooManyAttempts(limits, refused=count - most)
    return Attempt(counters)


def is_within(limits: Limits, account: str) -> bool:
    """Count an act of this server for an account, and return whether it is within the limit; raises `CannotCount`."""
    return change_counter(counter_key(limits, ACCOUNT, account), 1, limits.seconds) <= limits.account


def count_in_window(name: str, seconds: int) -> int:
    """Count what happens under a name, which is new for each window of so many seconds; raises `CannotCount`."""
    return change_counter(salted_hmac("accounts.rates", name, algorithm="sha256").hexdigest(), 1, seconds)


def network_of(address: str | None) -> str:
    """The network that counts as one address: of IPv6 the 64 bits that a provider gives to one customer.

    A translator holds all of IPv4 in its 64 bits (RFC 6052 §2.1), so each address there counts by itself.
    """
    if address is None or "." in address or ipaddress.ip_address(address) in TRANSLATED_IPV4:
        return address or ""
    return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)


def counter_key(limits: Limits, kind: int, whom: str) -> str:
    """The name of a counter; it hides what somebody typed, which may be a password."""
    return salted_hmac("accounts.rates", f"{limits.name} {kind} {whom}", algorithm="sha256").hexdigest()


def change_counter(key: str, change: int, seconds: int) -> int:
    """Change a counter, which starts again after so many seconds; returns its new value. Raises `CannotCount`."""
    change_stored = change_counter_in_database if counts_in_database() else change_counter_in_cache
    try:
        return change_stored(key, change, seconds)
    except (DatabaseError, OSError) as error:
        raise CannotCount from error


def counts_in_database() -> bool:
    """Whether counters stand in our own table, as without `CACHE_URL`."""
    return isinstance(caches["default"], DummyCache)


def change_counter_in_database(key: str, change: int, seconds: int) -> int:
    """Change it by one statement, which PostgreSQL and SQLite run atomically."""
    now = int(time.time())
    # One that ends later was begun by a clock that was ahead, and would hold people up for longer than it says.
    latest = now + 2 * (seconds or CODE_A_DAY.seconds)
    with sqlite_lock_wait(COUNTING_SECONDS), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_attemptcount AS stored (key, count, ends_at) VALUES (%s, %s, %s)
            ON CONFLICT (key) DO UPDATE SET
                count = excluded.count + CASE WHEN stored.ends_at BETWEEN %s AND %s THEN stored.count ELSE 0 END,
                ends_at = CASE WHEN stored.ends_at BETWEEN %s AND %s THEN stored.ends_at ELSE excluded.ends_at END
            RETURNING count
            """,
            [key, change, now + seconds, *[now + 1, latest] * 2],
        )
        (count,) = cursor.fetchone()
    return int(count)


def change_counter_in_cache(key: str, change: int, seconds: int) -> int:
    """Change it in Redis; raises `CannotCount`."""
    # Its client takes 6 MB of each process, which most instances do not need.
    from redis.exceptions import RedisError  # noqa: PLC0415 - see above

    try:
        return counted_by_redis(key, change, seconds)
    except RedisError as error:
        raise CannotCount from error


def counted_by_redis(key: str, change: int, seconds: int) -> int:
    """Change it by two commands: one creates the counter if it is missing, the other counts; Redis expires it."""
    cache = caches["default"]
    if change > 0:
        cache.add(key, 0, timeout=seconds)
    try:
        return cache.incr(key, change)
    except ValueError:
        # The counter has expired: there is nothing to take back, and nothing before this attempt.
        return max(change, 0)
