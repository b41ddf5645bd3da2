"""What mails about tokens share: their recipient, the facts about tokens, reasons, and links."""

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
class NoticeContext:
    """What a mail is written from: its recipient, and the tokens of one cause."""

    recipient: User
    # The first of them; `count` says how many there are in all.
    tokens: list[ReferenceToken]
    count: int
    now: datetime

    @property
    def token(self) -> ReferenceToken:
        """The first token; it tells who did it and why for all of them."""
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
        """The instant in the recipient's time zone, with its name."""
        return in_time_zone_of(self.recipient, instant)


def token_facts(context: NoticeContext) -> list[tuple[str, str]]:
    """Labels and values by which a reader recognises the token, or the tokens; never its value."""
    if not context.is_about_one:
        listed = [(token.hint, f"{token.display_name}, {token.application.name}") for token in context.tokens]
        others = context.count - len(listed)
        return [*listed, (_("Others"), str(others))] if others else listed
    token = context.token
    return [
        (_("Access token"), token.hint),
        (_("Description"), token.description or _("None")),
        (_("Trusted Application"), token.application.name),
        *acts_as(token),
        (_("Scopes"), " ".join(token.scopes)),
        (_("Expires"), context.time(token.expires_at) if token.expires_at else _("Never")),
        (_("Last used"), context.time(token.last_used_at) if token.last_used_at else _("Never")),
    ]


def acts_as(token: ReferenceToken) -> list[tuple[str, str]]:
    """The System User that a SAT acts as; nothing for a PAT, which acts as the reader."""
    system_user = token.application.system_user
    if token.kind == TokenKind.PAT or system_user is None:
        return []
    return [(_("Acts as"), system_user.name_beside_others)]


def name_of_actor(user: User | None, source: str) -> str:
    """The name of the actor."""
    if user:
        return user.name_beside_others
    return _("The service itself") if source == Source.SYSTEM else _("The operator of this instance")


def reason_sentence(given: Reason) -> str:
    """The reason as it was typed, or as the words of its code in the reader's language."""
    words = given.in_words()
    return _("Reason: %(reason)s") % {"reason": words} if words else _("No reason was given.")


def administrators_to_ask(token: ReferenceToken) -> str:
    """The names of some administrators to ask, the owners of the token's application first."""
    everybody = User.objects.filter(is_administrator=True, is_active=True)
    own = list(everybody.filter(owned_applications=token.application_id).order_by("username")[:NAMED_ADMINISTRATORS])
    others = everybody.exclude(pk__in=[user.pk for user in own]).order_by("username")
    return ", ".join(user.name_beside_others for user in [*own, *others[: NAMED_ADMINISTRATORS - len(own)]])


def action_link(label: str, context: NoticeContext, *, own: str, anybodys: str) -> tuple[str, str, str]:
    """The label and path of an action that the reader may take; or two empty texts, and a sentence about whom to ask.

    `own` is the path for one's own token, `anybodys` the path for an administrator.
    """
    if context.token.kind == TokenKind.PAT:
        return label, own, ""
    if context.recipient.is_administrator:
        return label, anybodys, ""
    names = administrators_to_ask(context.token)
    return "", "", _("Only an administrator can do that. You can ask %(names)s.") % {"names": names}


def letter_about_past(context: NoticeContext, subject: str, paragraphs: list[str]) -> Letter:
    """A mail about something that happened; it links to the list of the tokens, where the reader has one."""
    label, path = "", ""
    if any(token.kind == TokenKind.PAT for token in context.tokens):
        label, path = _("See your tokens"), address_of("own tokens")
    elif context.recipient.is_administrator:
        path = address_of("application", context.token.application_id)
        label = _("See the tokens of %(application)s") % {"application": context.token.application.name}
    return Letter(subject, paragraphs, token_facts(context), label, path, why_mailed(context))


def why_mailed(context: NoticeContext) -> list[str]:
    """The closing sentence: why the reader gets the mail."""
    if not context.is_about_one:
        return [_("You receive this mail because these tokens are yours or belong to an application that you own.")]
    if context.token.kind == TokenKind.PAT:
        return [_("You receive this mail because it is your token.")]
    application = context.token.application.name
    return [_("You receive this mail because you are an owner of %(application)s.") % {"application": application}]
