"""The mails about accounts: stored, sealed, with what they tell of, and gone from here when they are sent.

So is what decides whether there is a mail at all, where somebody names an account: the request stores the same row
whoever is meant, and what tells them apart is found out behind it (ASVS v5.0.0-6.3.8).
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography.fernet import InvalidToken
from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.formats import date_format

from accounts.instants import zone_named
from accounts.mails.message import Letter, send
from accounts.models import AccountMail, EmailChange, Invitation, PasswordReset, User
from accounts.outbox import is_due
from accounts.sealing import seal, unseal

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

Kind = AccountMail.Kind
PURPOSE = b"mails"
# A notice that is older tells nothing that can still be acted on.
NEWS_LIFETIME = timedelta(days=7)
# What is done behind a request, by the kind of what it asked for; the modules that ask say it here.
answers: dict[str, Callable[..., None]] = {}


class Unreadable(Exception):
    """A mail was sealed under a key that this process lacks."""


def put(  # noqa: PLR0913 - to whom, where, and until when
    make: Callable[[], Letter],
    *,
    to: User,
    now: datetime,
    address: str = "",
    link: bytes | None = None,
    lifetime: timedelta = NEWS_LIFETIME,
) -> None:
    """Store a letter to a person, in their language, to be sent soon; call it in the transaction that it tells of.

    It goes to their e-mail address, unless another `address` is given. `link` is the digest of the link in it: a letter
    whose link is dead is not sent. Nor is one that could not be sent in its lifetime.
    """
    with translation.override(to.language):
        content = {"to": address or to.email, "letter": asdict(make())}
    store(Kind.LETTER, content, now=now, lifetime=lifetime, user=to, link=link)


def ask(kind: Kind, *, now: datetime, lifetime: timedelta, **named: str | None) -> None:
    """Store what was asked for, to be answered soon, behind the request: the same row whoever is named (T50)."""
    store(kind, named, now=now, lifetime=lifetime)


def store(kind: Kind, content: dict[str, Any], *, now: datetime, lifetime: timedelta, **columns: Any) -> None:
    """Store a row, sealed: links open accounts, and where people type names they type passwords."""
    AccountMail.objects.create(
        kind=kind,
        content=seal(json.dumps(content), purpose=PURPOSE),
        created_at=now,
        due_at=now,
        expires_at=now + lifetime,
        **columns,
    )
    is_due()


def deliver(mail: AccountMail, now: datetime) -> bool:
    """Send the letter, or do what was asked for; returns whether a letter was sent. Raises as `send`.

    The row goes, also that of a letter which is too old, or does not lead anywhere any more.
    """
    if now >= mail.expires_at:
        logger.warning("a mail about accounts was given up: it could not be sent in time", extra={"once_a_minute": ""})
        mail.delete()
        return False
    content = content_of(mail)
    if mail.kind != Kind.LETTER:
        answer(mail, content)
        return False
    sends = is_wanted(mail)
    if sends:
        send(letter_from(content["letter"]), to=content["to"])
    mail.delete()
    return sends


def answer(mail: AccountMail, named: dict[str, Any]) -> None:
    """Do what was asked for, once."""
    with transaction.atomic():
        # Whoever is as slow as the pause after a claim is long finds nothing left to do.
        if AccountMail.objects.filter(pk=mail.pk).delete()[0]:
            answers[mail.kind](**named, now=mail.created_at)


def content_of(mail: AccountMail) -> dict[str, Any]:
    """What the row holds; raises `Unreadable`."""
    try:
        content: dict[str, Any] = json.loads(unseal(mail.content, purpose=PURPOSE))
    except InvalidToken as error:
        raise Unreadable("SECRET_KEY changed, and SECRET_KEY_FALLBACKS lacks the old one") from error
    return content


def letter_from(stored: dict[str, Any]) -> Letter:
    """The letter again."""
    facts = [(label, value) for label, value in stored["facts"]]
    return Letter(**stored | {"facts": facts})


def is_wanted(mail: AccountMail) -> bool:
    """Whether the letter still finds its person, and its link opens something, if it has one."""
    person = mail.user
    if person is None or not person.is_active:
        return False
    return mail.link is None or link_lives(bytes(mail.link))


def link_lives(digest: bytes) -> bool:
    """Whether the link was not used, replaced or ended meanwhile; how long it lives, its letter's lifetime says."""
    links = (
        EmailChange.objects.filter(digest=digest),
        Invitation.objects.filter(digest=digest),
        PasswordReset.objects.filter(digest=digest, email=F("user__email")),
    )
    return any(found.exists() for found in links)


def on_the_clock_of(person: User, instant: datetime) -> str:
    """The instant in the person's time zone, which is named."""
    zone = zone_named(person.time_zone)
    return f"{date_format(instant.astimezone(zone), 'j M Y, H:i')} ({zone})"
