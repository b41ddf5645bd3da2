"""The mails about tokens as a kind of the outbox: an entry refers to a notice, which is marked when it is done with."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from accounts.mails.message import AddressedLetter
from accounts.outbox.entries import add_references
from accounts.outbox.kinds import MailKind, register_kind
from accounts.text.languages import spoken
from reference_tokens.models import Notice
from reference_tokens.notices.letters import letter_of

if TYPE_CHECKING:
    from accounts.models import OutboxEntry
    from reference_tokens.models.notices import NoticeQuerySet

KIND = "token_notice"


def queue_notices(notices: NoticeQuerySet, *, now: datetime) -> None:
    """Let the mails of stored notices be sent soon."""
    add_references(KIND, notices, now=now)


def waiting_notice(entry: OutboxEntry) -> NoticeQuerySet:
    """The notice that an entry refers to, if it was not sent yet."""
    return Notice.objects.waiting().filter(pk=entry.reference or 0)


def render_notice(entry: OutboxEntry, now: datetime) -> AddressedLetter | None:
    """The mail of a notice; None where it cannot reach its recipient, is not true any more, or was sent."""
    notice = waiting_notice(entry).select_related("recipient").first()
    letter = letter_of(notice, now) if notice else None
    if notice is None or letter is None:
        return None
    return AddressedLetter(notice.recipient.email, letter, spoken(notice.recipient.language))


def close_notice(entry: OutboxEntry, now: datetime) -> None:
    """Mark the notice as sent, or as not true any more."""
    waiting_notice(entry).update(done_at=now)


def register_notices() -> None:
    """Let mails about tokens be sent."""
    register_kind(KIND, MailKind("tokens", render_notice, close_notice))
