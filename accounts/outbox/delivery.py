"""Sending the mails that the outbox holds: one process at a time sends an entry, and again where it fails.

An entry is claimed before it is handed over, and deleted after it. A process that ends in between leaves it to be sent
again after the pause: a mail may come twice, and none is lost.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.mails.message import send
from accounts.models import OutboxEntry
from accounts.outbox.entries import MAILS
from accounts.outbox.kinds import MailKind, RequestKind, kind_named, known_kinds
from accounts.outbox.requests import answer_request
from accounts.progress import Report, to_nobody

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import QuerySet

logger = logging.getLogger(__name__)

# After the first try, the second, and so on; the last one again and again. The first is longer than any try takes.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 180, 360))
# What waits for longer than to the second try, at least one try has failed, or nobody sends.
LONG = timedelta(minutes=10)
# The server took the connection and refused this one mail: the next one may go through.
REFUSED = (SMTPRecipientsRefused, SMTPDataError)


def send_due_mails(
    *, may_go_on: Callable[[], bool] = lambda: True, report: Report = to_nobody, total: int | None = None
) -> int:
    """Send what is due, urgent kinds first; returns how many mails were handed over.

    Raises nothing: an entry that fails is tried again. Safe in any number of processes at once. Stops early where the
    mail server cannot be reached, or `may_go_on` says no. `report` is called with how many entries were tried.
    """
    tell = partial(report, _("Mails"), total=total)
    sent = tried = 0
    tell(tried)
    while may_go_on() and (entry := claim_next(timezone.now())):
        try:
            sent += deliver(entry, timezone.now())
        except Exception as error:
            about = kind_named(entry.kind).about
            logger.warning("a mail about %s could not be sent; it will be tried again", about, exc_info=True)
            if isinstance(error, OSError) and not isinstance(error, REFUSED):
                break
        tried += 1
        tell(tried)
    return sent


def deliver(entry: OutboxEntry, now: datetime) -> bool:
    """Send the mail of an entry, or answer its request; returns whether a mail was sent. Raises as `send`.

    The entry is deleted, also where it expired or is not due any more.
    """
    kind = kind_named(entry.kind)
    if entry.expires_at and now >= entry.expires_at:
        about = kind.about
        logger.warning("a mail about %s was given up: it could not be sent in time", about, extra={"once_a_minute": ""})
        entry.delete()
        return False
    if isinstance(kind, RequestKind):
        answer_request(entry, kind)
        return False
    return send_mail(entry, kind, now)


def send_mail(entry: OutboxEntry, kind: MailKind, now: datetime) -> bool:
    """Send the mail of an entry if it is still due; returns whether it was sent. Raises as `send`."""
    mail = kind.render(entry, now)
    if mail:
        send(mail.letter, to=mail.to, language=mail.language)
    kind.close(entry, now)
    entry.delete()
    return mail is not None


def claim_next(now: datetime, queue: str = MAILS, pauses: Sequence[timedelta] = PAUSES) -> OutboxEntry | None:
    """The next entry of a queue that is due, which nobody else takes until its pause is over; None: there is none."""
    due = due_entries(now, queue).order_by("-is_urgent", "due_at", "pk")
    # On SQLite the transaction is a write lock, even where there is nothing to write.
    if not due.exists():
        return None
    with transaction.atomic():
        entry = due.select_for_update(skip_locked=True).first()
        if entry:
            entry.due_at = now + pauses[min(entry.attempts, len(pauses) - 1)]
            entry.attempts += 1
            entry.save(update_fields=["due_at", "attempts"])
    return entry


def due_entries(now: datetime, queue: str = MAILS) -> QuerySet[OutboxEntry]:
    """The entries of a queue to be sent now, or to be tried again."""
    due = OutboxEntry.objects.filter(queue=queue, due_at__lte=now)
    return due.filter(kind__in=known_kinds()) if queue == MAILS else due


def mails_due() -> int:
    """How many mails are to be sent now."""
    return due_entries(timezone.now()).count()


def waiting_long(now: datetime, most: int) -> QuerySet[OutboxEntry]:
    """The entries that should have been sent long ago, of so many that were stored first."""
    first = OutboxEntry.objects.filter(queue=MAILS).order_by("pk").values("pk")[:most]
    return OutboxEntry.objects.filter(pk__in=first, created_at__lte=now - LONG)


def mails_waiting() -> int:
    """How many mails are yet to be sent."""
    return OutboxEntry.objects.filter(queue=MAILS).count()
