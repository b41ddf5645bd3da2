"""Letters to people about their accounts: stored, sealed, in their language, and deleted when they are sent."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.utils import translation

from accounts.mails.message import AddressedLetter, Letter
from accounts.models import EmailChange, Invitation, OutboxEntry, PasswordReset, User
from accounts.outbox.entries import add_sealed, content_of
from accounts.outbox.kinds import MailKind, register_kind
from accounts.text.languages import spoken

if TYPE_CHECKING:
    from collections.abc import Callable

KIND = "letter"
# Nobody can act on a letter that is older, unless a link in it sets another lifetime.
LIFETIME = timedelta(days=7)


def queue_letter(  # noqa: PLR0913 - to whom, where, and until when
    make: Callable[[], Letter],
    *,
    to: User,
    now: datetime,
    address: str = "",
    link: bytes | None = None,
    lifetime: timedelta = LIFETIME,
) -> None:
    """Store a letter to a person, in their language, to be sent soon; call it in the transaction that it tells of.

    It goes to their e-mail address, unless another `address` is given. `link` is the digest of the link in it: a letter
    whose link is dead is not sent. Nor is one that could not be sent in its lifetime.
    """
    language = spoken(to.language)
    with translation.override(language):
        content = {"to": address or to.email, "letter": asdict(make()), "language": language}
    add_sealed(KIND, content, now=now, lifetime=lifetime, user=to, link=link)


def discard_letters_to(user: User) -> None:
    """Delete the letters that wait for a person."""
    OutboxEntry.objects.filter(user=user).delete()


def render_letter(entry: OutboxEntry, _now: datetime) -> AddressedLetter | None:
    """The letter again; None where it is not due any more. Raises `Unreadable`."""
    content = content_of(entry)
    # A release that spoke English alone stored no language.
    language = spoken(content.get("language", ""))
    return AddressedLetter(content["to"], letter_from(content["letter"]), language) if is_due(entry) else None


def letter_from(stored: dict[str, Any]) -> Letter:
    """The letter from its JSON."""
    facts = [(label, value) for label, value in stored["facts"]]
    return Letter(**stored | {"facts": facts})


def is_due(entry: OutboxEntry) -> bool:
    """Whether the letter still finds its person, and its link opens something, if it has one."""
    person = entry.user
    if person is None or not person.is_active:
        return False
    return entry.link is None or is_live(bytes(entry.link))


def is_live(digest: bytes) -> bool:
    """Whether a link was not used, replaced or ended; it also dies with the lifetime of its letter."""
    links = (
        EmailChange.objects.filter(digest=digest),
        Invitation.objects.filter(digest=digest),
        PasswordReset.objects.filter(digest=digest, email=F("user__email")),
    )
    return any(found.exists() for found in links)


def register_letters() -> None:
    """Let letters be sent."""
    register_kind(KIND, MailKind("accounts", render_letter, is_urgent=True))
