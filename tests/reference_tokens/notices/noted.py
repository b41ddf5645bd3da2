"""Acts that note a mail, and the mails."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core import mail
from django.utils import timezone

from accounts.audit.record import OPERATOR, Actor, Source
from accounts.models import User
from accounts.outbox.delivery import send_due_mails
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.lifecycle.suspension import suspend_with_old_values
from reference_tokens.models import ReferenceToken

NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)


def by(user: User, source: Source = Source.MANAGE) -> Actor:
    return Actor.person(user, source)


def revoke(token: ReferenceToken, **changes: Any) -> bool:
    return revoke_token(**{"actor": OPERATOR, "token_id": token.pk, "now": timezone.now(), **changes})


def suspend(token: ReferenceToken, **changes: Any) -> bool:
    return bool(suspend_with_old_values(**{"actor": OPERATOR, "token_id": token.pk, "now": timezone.now(), **changes}))


def mails() -> dict[str, Any]:
    """The mails that are sent now, by their one recipient."""
    mail.outbox.clear()
    send_due_mails()
    found = {message.to[0]: message for message in mail.outbox}
    assert len(found) == len(mail.outbox)
    return found
