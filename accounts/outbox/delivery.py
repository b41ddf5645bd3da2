"""Mails that are stored with what they tell of, and sent afterwards: again where it fails, by one process at a time.

A mail is claimed before it is handed over, and marked or removed after it. A process that dies in between leaves it to
be sent again after the pause: a mail may come twice, and none is lost.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import TYPE_CHECKING, Any, cast

from django.db import models, transaction
from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

logger = logging.getLogger(__name__)

# Set after each commit that stored a mail; whoever sends in the background waits for it.
something_is_due = threading.Event()
# After the first try, the second, and so on; the last one again and again. The first is longer than any try takes.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 180, 360))
# The server took the connection and refused this one mail: the next one may go through.
REFUSED = (SMTPRecipientsRefused, SMTPDataError)


class OutgoingQuerySet(models.QuerySet[Any]):
    """Sets of mails."""

    def waiting(self) -> OutgoingQuerySet:
        """Those that are yet to be sent."""
        return self.all()

    def due(self, now: datetime) -> OutgoingQuerySet:
        """Those to be sent now, or to be tried again."""
        return self.waiting().filter(due_at__lte=now)


class Outgoing(models.Model):
    """What is stored of a mail, whatever it is about: store it in the transaction of its cause, then call `is_due`."""

    created_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()

    class Meta:
        abstract = True


@dataclass(frozen=True, slots=True)
class Box:
    """One kind of mails: where they are stored, how one is sent, and what they are about.

    `deliver` returns whether a mail was handed over, and raises as `mail.send` does; else the row is done with.
    """

    rows: type[Outgoing]
    deliver: Callable[[Any, datetime], bool]
    about: str


def is_due() -> None:
    """Let what this transaction stored be sent soon after its commit."""
    transaction.on_commit(something_is_due.set)


def send_due(
    boxes: Sequence[Box],
    *,
    may_go_on: Callable[[], bool] = lambda: True,
    report: Callable[[int], object] = lambda _tried: None,
) -> int:
    """Send what is due, of the first box first; returns how many mails were handed over.

    Nothing it meets is raised: it is tried again. Safe in any number of processes at once. Stops early where the mail
    server cannot be reached, or `may_go_on` says no. `report` is called with how many were tried.
    """
    sent = tried = 0
    report(tried)
    while may_go_on() and (found := next_due(boxes, timezone.now())):
        box, row = found
        try:
            sent += box.deliver(row, timezone.now())
        except Exception as error:
            logger.warning("a mail about %s could not be sent; it will be tried again", box.about, exc_info=True)
            if isinstance(error, OSError) and not isinstance(error, REFUSED):
                break
        tried += 1
        report(tried)
    return sent


def next_due(boxes: Sequence[Box], now: datetime) -> tuple[Box, Outgoing] | None:
    """The next mail that is due, claimed, and the box it is from; None where there is none."""
    for box in boxes:
        if row := claimed(box.rows, now):
            return box, row
    return None


def stored(rows: type[Outgoing]) -> OutgoingQuerySet:
    """Every row of a table of mails."""
    return cast("OutgoingQuerySet", rows._default_manager.all())  # noqa: SLF001 - Django's public name for it


def waiting(box: Box) -> OutgoingQuerySet:
    """The mails of a box that are yet to be sent."""
    return stored(box.rows).waiting()


def due(box: Box, now: datetime) -> OutgoingQuerySet:
    """The mails of a box that are to be sent now."""
    return stored(box.rows).due(now)


def claimed(rows: type[Outgoing], now: datetime) -> Any:
    """The next mail that is due, which nobody else takes until its pause is over; None where there is none."""
    due = stored(rows).due(now).order_by("due_at", "pk")
    # On SQLite the transaction is a write lock, even where there is nothing to write.
    if not due.exists():
        return None
    with transaction.atomic():
        row = due.select_for_update(skip_locked=True).first()
        if row:
            row.due_at = now + PAUSES[min(row.attempts, len(PAUSES) - 1)]
            row.attempts += 1
            row.save(update_fields=["due_at", "attempts"])
    return row
