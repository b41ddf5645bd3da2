"""How often something may be tried: counted for all processes together, before it is done (T51).

An account is counted together with the address that it is tried from, so that a stranger, who tries from another one,
keeps nobody from signing in. What turns out right is given back: only failures use a limit up.

django-allauth's own limits count names without the address, and lie in Django's cache, whose table in the database
drops a third of its rows as soon as there are 300: whoever tries many names has their counters forgotten. Here one
statement, or one command of Redis, counts and tells the count, so that of many attempts at once no more pass than may.
"""

from __future__ import annotations

import ipaddress
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.db import DatabaseError, connection
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError

from accounts.concurrency import Busy
from accounts.database.locks import sqlite_lock_wait
from accounts.http import client_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Limits:
    """How often within so many seconds: for an account from one address, for one address, for an account anywhere.

    0 is no limit. An account anywhere is limited only where whoever tries has shown before that it is theirs: else a
    stranger could keep them out.
    """

    name: str
    seconds: int
    account_here: int = 0
    address: int = 0
    account: int = 0


# A password, at the sign-in page and wherever it is asked for once more.
PASSWORD = Limits("password", 5 * 60, account_here=10, address=50)
# A password of one account, from all addresses together, by every browser that it was never signed in from (T51). The
# others are counted each for itself, so that whoever guesses holds nobody up in a browser of their own.
GUESSES = Limits("guesses", 3600, account=50)
GUESSES_LETTER = Limits("guesses_letter", 24 * 3600, account=1)
# Mails to an account that somebody names, or to an address that somebody types.
RESET = Limits("reset", 3600, account_here=5, address=20)
# To whom there is no link to send: as many mails as there would be links.
NO_PASSWORD_LETTER = Limits("no_password_letter", 3600, account=5)
EMAIL_CHANGE = Limits("email_change", 3600, account=5)
# Each attempt makes this server ask another one: nobody may keep it busy with that.
OPENID = Limits("openid", 60, address=20)
# Codes, which come after the password: of a million three are good at a time, and by fifty a day nobody finds one.
CODE, CODE_A_DAY = Limits("code", 5 * 60, account=10), Limits("code_a_day", 24 * 3600, account=50)
# A passkey without a name: each costs a look-up by whoever likes.
PASSKEY = Limits("passkey", 60, address=20)


# So long an attempt waits to be counted, in the database as in Redis. Anybody may make one: while a long writer has
# SQLite to itself, they must not hold the threads of all pages.
COUNTING_SECONDS = 2
TRANSLATED_IPV4 = ipaddress.ip_network("64:ff9b::/96")

# What a counter counts, as a part of its name.
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
    """What was counted for one attempt."""

    counters: list[tuple[str, int]]

    def give_back(self, times: int = 1) -> None:
        """Count it no more: it was right, or so many were that led to it."""
        for key, _most in self.counters:
            change_counter(key, -times, 0)

    @contextmanager
    def unless_busy(self) -> Iterator[None]:
        """Count it no more where there was no place for it in the block: nothing was tried."""
        try:
            yield
        except Busy:
            self.give_back()
            raise


def count_attempt(request: HttpRequest, limits: Limits, account: str = "") -> Attempt:
    """Count an attempt; raises `TooManyAttempts` where it is one too many, and `CannotCount`.

    An address that cannot be told, as behind a Unix socket, is not limited by itself: it would be everybody's.
    """
    address = network_of(client_address(request))
    # The address first: what it is refused for costs no row of an account, of which it can name any number.
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
    """Count what this server does for an account by itself, and tell whether it may; raises `CannotCount`."""
    return change_counter(counter_key(limits, ACCOUNT, account), 1, limits.seconds) <= limits.account


def network_of(address: str | None) -> str:
    """What is counted as one address: of IPv6 the 64 bits that a provider gives to one customer.

    All of IPv4 stands in the 64 bits of a translator (RFC 6052 §2.1), so that there each address counts.
    """
    if address is None or "." in address or ipaddress.ip_address(address) in TRANSLATED_IPV4:
        return address or ""
    return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)


def counter_key(limits: Limits, kind: int, whom: str) -> str:
    """The name of a counter: it does not tell what somebody typed, which may be a password."""
    return salted_hmac("accounts.rates", f"{limits.name} {kind} {whom}", algorithm="sha256").hexdigest()


def change_counter(key: str, change: int, seconds: int) -> int:
    """Change a counter, which begins anew after so many seconds; returns what it is now. Raises `CannotCount`."""
    is_database = isinstance(caches["default"], DatabaseCache)
    change_stored = change_counter_in_database if is_database else change_counter_in_cache
    try:
        return change_stored(key, change, seconds)
    except (DatabaseError, RedisError, OSError) as error:
        raise CannotCount from error


def change_counter_in_database(key: str, change: int, seconds: int) -> int:
    """One statement, which PostgreSQL and SQLite both run as a whole."""
    now = int(time.time())
    with sqlite_lock_wait(COUNTING_SECONDS), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_attemptcount AS stored (key, count, ends_at) VALUES (%s, %s, %s)
            ON CONFLICT (key) DO UPDATE SET
                count = CASE WHEN stored.ends_at > %s THEN stored.count + excluded.count ELSE excluded.count END,
                ends_at = CASE WHEN stored.ends_at > %s THEN stored.ends_at ELSE excluded.ends_at END
            RETURNING count
            """,
            [key, change, now + seconds, now, now],
        )
        (count,) = cursor.fetchone()
    return int(count)


def change_counter_in_cache(key: str, change: int, seconds: int) -> int:
    """Two commands, of which one alone sets the counter up, and the other counts; Redis forgets it by itself."""
    cache = caches["default"]
    if change > 0:
        cache.add(key, 0, timeout=seconds)
    try:
        return cache.incr(key, change)
    except ValueError:
        # It has ended: there is nothing to give back to, and nothing before this attempt.
        return max(change, 0)
