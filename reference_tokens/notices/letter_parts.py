"""What the mails about tokens have in common: whom they are for, what they name, and where they lead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from accounts.addresses import address_of
from accounts.audit.record import Source
from accounts.mails.message import Letter, in_time_zone_of
from accounts.models import User
from accounts.text.reasons import Reason
from reference_tokens.models import ReferenceToken

if TYPE_CHECKING:
    from datetime import datetime

TokenKind = ReferenceToken.Kind
# A mail lists so many tokens and counts the others.
LISTED = 50
NAME_IN_SUBJECT = 60
NAMED_ADMINISTRATORS = 3


@dataclass(frozen=True, slots=True)
class News:
    """What there is to tell one person about one token or more, all for one cause."""

    person: User
    # The first of them; `count` says how many there are.
    tokens: list[ReferenceToken]
    count: int
    now: datetime

    @property
    def token(self) -> ReferenceToken:
        """The first, which tells who did it and why for all."""
        return self.tokens[0]

    @property
    def is_about_one(self) -> bool:
        """Whether the mail can name the token."""
        return self.count == 1

    @property
    def name(self) -> str:
        """The token's name, short enough for a subject."""
        return Truncator(self.token.display_name).chars(NAME_IN_SUBJECT)

    def time(self, instant: datetime) -> str:
        """The instant on the recipient's clock, which is named."""
        return in_time_zone_of(self.person, instant)


def facts(news: News) -> list[tuple[str, str]]:
    """What a reader needs to recognise the token, or the tokens; never a value."""
    if not news.is_about_one:
        listed = [(token.hint, f"{token.display_name}, {token.application.name}") for token in news.tokens]
        others = news.count - len(listed)
        return [*listed, (_("Others"), str(others))] if others else listed
    token = news.token
    return [
        (_("Access token"), token.hint),
        (_("Description"), token.description or _("None")),
        (_("Trusted Application"), token.application.name),
        *acts_as(token),
        (_("Scopes"), " ".join(token.scopes)),
        (_("Expires"), news.time(token.expires_at) if token.expires_at else _("Never")),
        (_("Last used"), news.time(token.last_used_at) if token.last_used_at else _("Never")),
    ]


def acts_as(token: ReferenceToken) -> list[tuple[str, str]]:
    """Whom a SAT acts as; a PAT acts as the reader."""
    system_user = token.application.system_user
    if token.kind == TokenKind.PAT or system_user is None:
        return []
    return [(_("Acts as"), system_user.name_beside_others)]


def who(user: User | None, source: str) -> str:
    """Who did it."""
    if user:
        return user.name_beside_others
    return _("The service itself") if source == Source.SYSTEM else _("The operator of this instance")


def reason(given: Reason) -> str:
    """Why it was done: as whoever did it put it, or in the reader's language."""
    words = given.in_words()
    return _("Reason: %(reason)s") % {"reason": words} if words else _("No reason was given.")


def administrators(token: ReferenceToken) -> str:
    """The names of some administrators to ask, the owners of the token's application first."""
    everybody = User.objects.filter(is_administrator=True, is_active=True)
    own = list(everybody.filter(owned_applications=token.application_id).order_by("username")[:NAMED_ADMINISTRATORS])
    others = everybody.exclude(pk__in=[user.pk for user in own]).order_by("username")
    return ", ".join(user.name_beside_others for user in [*own, *others[: NAMED_ADMINISTRATORS - len(own)]])


def where_to(label: str, news: News, *, own: str, anybodys: str) -> tuple[str, str, str]:
    """The label and the path of what the reader can do; or two empty texts, and a sentence that says whom to ask.

    `own` is the path for one's own token, `anybodys` the path for an administrator.
    """
    if news.token.kind == TokenKind.PAT:
        return label, own, ""
    if news.person.is_administrator:
        return label, anybodys, ""
    return (
        "",
        "",
        _("Only an administrator can do that. You can ask %(names)s.") % {"names": administrators(news.token)},
    )


def past(news: News, subject: str, paragraphs: list[str]) -> Letter:
    """A mail that leads to the list of the tokens, where the reader has one."""
    label, path = "", ""
    if any(token.kind == TokenKind.PAT for token in news.tokens):
        label, path = _("See your tokens"), address_of("own tokens")
    elif news.person.is_administrator:
        path = address_of("application", news.token.application_id)
        label = _("See the tokens of %(application)s") % {"application": news.token.application.name}
    return Letter(subject, paragraphs, facts(news), label, path, closing(news))


def closing(news: News) -> list[str]:
    """Why the reader gets the mail."""
    if not news.is_about_one:
        return [_("You get this mail because these tokens are yours, or those of an application that you own.")]
    if news.token.kind == TokenKind.PAT:
        return [_("You get this mail because it is your token.")]
    application = news.token.application.name
    return [_("You get this mail because you are an owner of %(application)s.") % {"application": application}]
