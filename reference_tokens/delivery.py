"""Sending the mails that `notices` has noted: afterwards, again where it fails, each by one process at a time.

A notice is claimed before its mail is handed over and marked as sent after it. A process that dies in between leaves
it to be sent again after the pause: a mail may come twice, and none is lost.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from accounts import mail
from reference_tokens.notice_letters import letter_of
from reference_tokens.outbox import Notice

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

# Set after each commit that noted a mail; whoever sends in the background waits for it.
something_is_due = threading.Event()
# After the first try, the second, and so on; the last one again and again. The first is longer than any try takes.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 180, 360))
# The server took the connection and refused this one mail: the next one may go through.
REFUSED = (SMTPRecipientsRefused, SMTPDataError)


def send_due_notices(*, may_go_on: Callable[[], bool] = lambda: True) -> int:
    """Send what is due; returns how many mails were handed over. Nothing it meets is raised: it is tried again.

    Safe in any number of processes at once. Stops early where the mail server cannot be reached, or `may_go_on` says
    no.
    """
    sent = 0
    while may_go_on() and (notice := claimed(timezone.now())):
        try:
            sent += deliver(notice, timezone.now())
        except Exception as error:
            logger.warning("a mail about tokens could not be sent; it will be tried again", exc_info=True)
            if isinstance(error, OSError) and not isinstance(error, REFUSED):
                break
    return sent


def claimed(now: datetime) -> Notice | None:
    """The next notice that is due, which nobody else takes until its pause is over; None where there is none."""
    due = Notice.objects.due(now).order_by("due_at", "pk")
    # On SQLite the transaction is a write lock, even where there is nothing to write.
    if not due.exists():
        return None
    with transaction.atomic():
        notice = due.select_for_update(skip_locked=True).first()
        if notice:
            notice.due_at = now + PAUSES[min(notice.attempts, len(PAUSES) - 1)]
            notice.attempts += 1
            notice.save(update_fields=["due_at", "attempts"])
    return notice


def deliver(notice: Notice, now: datetime) -> bool:
    """Send the mail, unless what it would say is not true any more; returns whether it was sent. Raises as `send`."""
    letter = letter_of(notice, now)
    if letter:
        mail.send(letter, to=notice.recipient.email)
    Notice.objects.filter(pk=notice.pk).update(done_at=now)
    return letter is not None
