"""Mails to people: one form for all of them, as text and as HTML, and none that a request waits for."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import connections
from django.template.loader import render_to_string

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says: paragraphs, facts as label and value, and one thing to do. Never a token or a password."""

    subject: str
    paragraphs: list[str]
    facts: list[tuple[str, str]] = field(default_factory=list)
    action_label: str = ""
    # A path of this instance: the origin is always the configured one (T49).
    action_path: str = ""
    closing: list[str] = field(default_factory=list)


def send(letter: Letter, *, to: str) -> None:
    """Send a mail to one address, now.

    Raises `OSError` (`SMTPException` included) where it cannot be handed over, `ValueError` where no mail program can
    write the address.
    """
    # What people are called may hold no line feed, but a subject is one line whatever it is made of.
    subject = " ".join(letter.subject.split())
    context = {
        "letter": letter,
        "subject": subject,
        "action_url": settings.BASE_URL + letter.action_path if letter.action_path else "",
        "product_name": settings.PRODUCT_NAME,
        "base_url": settings.BASE_URL,
    }
    mail = EmailMultiAlternatives(subject, render_to_string("mail/letter.txt", context), to=[to])
    mail.attach_alternative(render_to_string("mail/letter.html", context), "text/html")
    mail.extra_headers["Auto-Submitted"] = "auto-generated"
    mail.send()


class Outbox:
    """Sends mails behind the request that asks for them, so that its time tells nobody whether there was one (T50)."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self.runs_in_background = True

    def put(self, make: Callable[[], Letter], *, to: str) -> None:
        """Make the letter and send it, soon; a failure is logged, and the person can ask again."""
        self.do(partial(_send, make, to))

    def do(self, work: Callable[[], None]) -> None:
        """Do what decides whether there is a mail at all, behind the request as well; a failure is logged."""
        if not self.runs_in_background:
            work()
            return
        # Started at the first mail: a thread does not survive the fork that makes a server's worker.
        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")
        self._pool.submit(_done, work)


def _done(work: Callable[[], None]) -> None:
    try:
        work()
    except Exception:
        logger.exception("what was to be mailed could not be done")
    finally:
        # This thread's own: nobody else would end them, nor notice that a server has.
        connections.close_all()


def _send(make: Callable[[], Letter], to: str) -> None:
    try:
        send(make(), to=to)
    except Exception:
        # Whatever it is: nobody waits for the thread, and what it raised would be lost.
        logger.exception("a mail could not be sent")


outbox = Outbox()
