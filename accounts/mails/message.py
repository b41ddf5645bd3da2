"""Mails to people: one form for all of them, as text and as HTML."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts.templatetags.interface import exact
from accounts.text.instants import zone_named

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Letter:
    """The content of a mail: paragraphs, facts as label and value, and one link. Never a token or a password."""

    subject: str
    paragraphs: list[str]
    facts: list[tuple[str, str]] = field(default_factory=list)
    action_label: str = ""
    # A path of this instance: the origin is always the configured one (T49).
    action_path: str = ""
    closing: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class AddressedLetter:
    """A letter, the address that it goes to, and the language that it is in."""

    to: str
    letter: Letter
    language: str


def send(letter: Letter, *, to: str, language: str) -> None:
    """Hand a mail to one address to the mail server, now; what stands around the letter is in its language too.

    Raises `OSError` (`SMTPException` included) if it cannot be handed over, `ValueError` if no mail program can write
    the address.
    """
    # Names hold no line feed; a subject is one line even if one did.
    subject = " ".join(letter.subject.split())
    context = {
        "letter": letter,
        "subject": subject,
        "action_url": settings.BASE_URL + letter.action_path if letter.action_path else "",
        "product_name": settings.PRODUCT_NAME,
        "base_url": settings.BASE_URL,
        "language": language,
    }
    with translation.override(language):
        text, page = (render_to_string(f"mail/letter.{form}", context) for form in ("txt", "html"))
    mail = EmailMultiAlternatives(subject, text, to=[to])
    mail.attach_alternative(page, "text/html")
    mail.extra_headers["Auto-Submitted"] = "auto-generated"
    try:
        mail.send()
    except ImproperlyConfigured as error:
        # Django raises this if the folder that takes mails as files cannot be written.
        raise OSError(str(error)) from error


def in_time_zone_of(person: User, instant: datetime) -> str:
    """The instant as the person's clock shows it, with the name of their time zone, and UTC beside it."""
    with timezone.override(zone_named(person.time_zone)):
        return exact(instant, "minutes")
