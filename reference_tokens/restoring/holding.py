"""Holding the fence against the database: at a start, with each housekeeping, and where a backup is restored.

The head of the audit log is locked meanwhile, behind which every act writes its lines: what stands in the fence by then
is committed, or was rolled back, and no line comes in between.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import django.db
from django.db import connection, transaction

from accounts.audit.chain import lock_chain
from accounts.audit.record import SERVICE, Actor
from reference_tokens.fence.lines import Line, Word, line_text, name_of
from reference_tokens.fence.noting import lines_that_wait, write_lines
from reference_tokens.fence.place import fence
from reference_tokens.fence.positions import Position
from reference_tokens.models import FencePosition
from reference_tokens.restoring.again import end_again
from reference_tokens.restoring.tail import Tail, told_lines

if TYPE_CHECKING:
    from datetime import datetime

logger = logging.getLogger(__name__)

# Half of the time after which PostgreSQL looks for who wait for each other, and its code for a wait that was too long.
IMPATIENT = "SET LOCAL lock_timeout = '500ms'"
LOCK_NOT_AVAILABLE = "55P03"
# How often the holding gives way to others: with the time above it is the ten seconds that each act waits for a lock.
TRIES = 20


@dataclass(frozen=True, slots=True)
class Held:
    """What was found in the fence that the database did not know."""

    # Whether it is the fence that the database knew, whole: else lines may be missing.
    is_whole: bool = True
    # How often each took effect, by its word.
    ended: dict[str, int] = field(default_factory=dict)
    # Tokens that were issued and are not here: when, and which.
    unknown: list[Line] = field(default_factory=list)
    # Tokens that were resumed, users that were reactivated and the like: they are as the older copy has them.
    taken_back: list[Line] = field(default_factory=list)
    # What was made or changed in another way.
    changed: list[Line] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How much was ended again."""
        return sum(self.ended.values())


# Of this process, as it had them from the one that it was forked from: whether the fence was ever held against the
# database, and whether that was tried and is yet to be done.
_was_held, _is_owed = False, False


def fence_is_owed() -> bool:
    """Whether this process has never held the fence against the database, though it tried, so that it is not ready."""
    return _is_owed


def hold_if_possible(now: datetime) -> str:
    """Hold the fence against the database; returns what is wrong with it, if anything is.

    Where it was never held and cannot be, it is owed until the next time. Call it where there is a fence.
    """
    global _was_held, _is_owed  # noqa: PLW0603 - of the process
    try:
        held = hold_beside_others(now)
    except (django.db.Error, OSError) as error:
        _is_owed = not _was_held
        logger.error("FENCE_FILE could not be held against the database: %s", error)  # noqa: TRY400 - no trace of it
        return str(error)
    _was_held, _is_owed = True, False
    log_what_was_found(held)
    if held.is_whole:
        return ""
    logger.warning("FENCE_FILE is not the one that this database knew, whole: lines may be missing")
    return "lines may be missing"


def hold_beside_others(now: datetime) -> Held:
    """Hold the fence while others act, who lock rows first and the head last: it gives way to them, time and again."""
    for _each in range(TRIES - 1):
        try:
            return hold_impatiently(now)
        except django.db.OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
                raise
    return hold_impatiently(now)


def hold_impatiently(now: datetime) -> Held:
    """Hold the fence, and wait for no row so long that PostgreSQL would end the act of somebody who waits for this."""
    with transaction.atomic():
        lock_chain()
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(IMPATIENT)
        return hold(now)


def log_what_was_found(held: Held) -> None:
    """Say in the log what was done again, and each line of what nobody can do again, as a restore says it."""
    if held.count or held.unknown:
        logger.warning(
            "the database is older than the fence: %s ended again, %s tokens were issued since that it does not know",
            held.count,
            len(held.unknown),
        )
    for text, lines in (
        ("issued since, and unknown now", held.unknown),
        ("taken back since, and as it was before", held.taken_back),
        ("made or changed since: look at it", held.changed),
    ):
        for line in lines:
            logger.warning("the database is older than the fence: %s: %s (%s)", text, line.id, line_text(line))


def hold(now: datetime, *, actor: Actor = SERVICE) -> Held:
    """End again what the fence tells to have ended and the database does not know, and keep the place.

    All or nothing. Raises `OSError` and `django.db.Error`. Call it where there is a fence.
    """
    with transaction.atomic():
        lock_chain()
        begin_fence(now)
        known, lacking = known_position(), lacking_here()
        is_whole = not lacking and (known is None or fence().knows(known))
        write_what_waits()
        end = fence().end()
        start = known if known is not None and fence().knows(known) else Position()
        tail = Tail(told_lines(fence().lines_after(start)))
        ended = {} if tail.is_empty else end_again(tail, actor=actor, now=now)
        FencePosition.objects.update_or_create(defaults={"place": end.place, "mark": end.mark})
        if lacking:
            # The caller is told. What this database holds is all there is from now on.
            transaction.on_commit(partial(fence().say_that_it_lacks_no_more, lacking))
        return Held(is_whole, ended, *not_done(tail))


def not_done(tail: Tail) -> tuple[list[Line], list[Line], list[Line]]:
    """What cannot be done again: tokens that are not known, what was taken back, and other changes."""
    taken_back = [line for word in Word for line in tail.taken_back(word)]
    return tail.told(Word.ISSUED), taken_back, tail.told(Word.CHANGED)


def covers() -> bool:
    """Whether the fence holds every act since this database was as it is now."""
    known = known_position()
    return known is not None and is_whole_since(known)


def is_whole_since(position: Position) -> bool:
    """Whether the fence is the one with this position, and lacks no line but those that wait in this database."""
    return fence().knows(position) and not lacking_here()


def lacking_here() -> set[str]:
    """The names of lines that lack in the fence and in this database."""
    lacking = fence().lacking
    return lacking - {name_of(text) for _pk, text in lines_that_wait()} if lacking else lacking


def known_position() -> Position | None:
    """How far this database has come in the fence; None where it never knew one."""
    return next((Position(*row) for row in FencePosition.objects.values_list("place", "mark")), None)


def begin_fence(now: datetime) -> None:
    """Give a new fence its first line, by which it is told from every other."""
    if not fence().end().place:
        fence().append([line_text(Line(now, 0, Word.BEGUN, str(uuid.uuid4())))])


def write_what_waits() -> None:
    """Append the lines that the fence did not take when it should have."""
    if lines_that_wait():
        write_lines([])
