"""Sending every mail that waits: those about accounts first, for which people wait, then those about tokens."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.mails import message as mail
from accounts.mails import stored as letters
from accounts.models import AccountMail
from accounts.outbox import Box, due, send_due, waiting
from accounts.progress import Report, to_nobody
from reference_tokens.models.notices import Notice
from reference_tokens.notices.letters import letter_of

if TYPE_CHECKING:
    from collections.abc import Callable


def deliver(notice: Notice, now: datetime) -> bool:
    """Send the mail, unless what it would say is not true any more; returns whether it was sent. Raises as `send`."""
    letter = letter_of(notice, now)
    if letter:
        mail.send(letter, to=notice.recipient.email)
    Notice.objects.filter(pk=notice.pk).update(done_at=now)
    return letter is not None


BOXES = (Box(AccountMail, letters.deliver, "accounts"), Box(Notice, deliver, "tokens"))


def send_due_mails(
    *, may_go_on: Callable[[], bool] = lambda: True, report: Report = to_nobody, total: int | None = None
) -> int:
    """Send what is due, as `send_due` does; returns how many mails were handed over."""
    return send_due(BOXES, may_go_on=may_go_on, report=partial(report, _("Mails"), total=total))


def mails_due() -> int:
    """How many mails are to be sent now."""
    now = timezone.now()
    return sum(due(box, now).count() for box in BOXES)


def mails_waiting() -> int:
    """How many mails are yet to be sent."""
    return sum(waiting(box).count() for box in BOXES)
