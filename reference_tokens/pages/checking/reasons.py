"""Why a door refuses a token, in sentences; each leads to where it is mended, where the reader may do so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.translation import gettext as _

from accounts.addresses import address_of
from accounts.templatetags.interface import exact
from reference_tokens.lists.links import TokenLinks, link
from reference_tokens.pages.details import revocation_facts, suspension_facts
from reference_tokens.validation.checking import Outcome
from reference_tokens.validation.decision import Inactive
from reference_tokens.validation.noting import LACKS_SCOPES
from trusted_apps.built_in import scopes_in_effect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reference_tokens.models import ReferenceToken
    from reference_tokens.validation.checking import Checked


class Sentence(NamedTuple):
    """A sentence of the answer, and where it leads, if it does."""

    text: str
    url: str = ""
    link_label: str = ""


class Reader(NamedTuple):
    """Who reads the answer: the pages they have, and whether they change applications, people and APIs."""

    links: TokenLinks
    is_administrator: bool

    def mended(self, text: str, url: str, link_label: str) -> Sentence:
        """The sentence, with the page that mends it or, to who has none, who does."""
        if self.is_administrator:
            return Sentence(text, url, link_label)
        return Sentence(" ".join([text, _("An administrator can change this.")]))

    def about(self, text: str, token: ReferenceToken, link_label: str) -> Sentence:
        """The sentence, with the page of a token."""
        return Sentence(text, link(self.links.detail, token.pk), link_label)


def active(checked: Checked, reader: Reader) -> list[Sentence]:
    """The token is let in; so far, where a newer value takes its place."""
    token = checked.token
    said = [Sentence(_("If a program is refused all the same, it sends another value or calls another API."))]
    if successor := token.successor:
        text = _("This is the old value of a rotated token. It works until %(instant)s; use %(hint)s instead.")
        said.insert(
            0, reader.about(text % {"instant": exact(token.expires_at), "hint": successor.hint}, successor, new_label())
        )
    return said + at_management_api(checked) + out_of_effect(checked, reader)


def at_management_api(checked: Checked) -> list[Sentence]:
    """What a token for the management API opens there, and what it does not while its holder is no administrator."""
    token = checked.token
    if not token.application.is_built_in:
        return []
    held = scopes_in_effect(checked.scopes, token.holder)
    said = []
    if held:
        text = _("It opens the management API of this instance with these scopes: %(scopes)s.")
        said.append(Sentence(text % {"scopes": ", ".join(sorted(held))}))
    if token.holder and (lost := set(checked.scopes) - held):
        text = _("These scopes hold only for administrators, and %(user)s is none: %(scopes)s.")
        words = {"user": token.holder.name_beside_others, "scopes": ", ".join(sorted(lost))}
        said.append(Sentence(text % words))
    return said


def out_of_effect(checked: Checked, reader: Reader) -> list[Sentence]:
    """The scopes of the token that its application no longer offers."""
    token = checked.token
    gone = [scope for scope in token.scopes if scope not in token.application.scopes]
    if not gone:
        return []
    text = _("%(application)s no longer offers these scopes of the token: %(scopes)s.")
    words = {"application": token.application.name, "scopes": ", ".join(gone)}
    return [reader.mended(text % words, address_of("application", token.application_id), _("Show the application"))]


def lacks_scopes(checked: Checked, reader: Reader) -> list[Sentence]:
    """Forward auth requires a scope that the token does not have."""
    server = checked.asking
    missing = [scope for scope in server.required_scopes if scope not in checked.scopes]
    text = _("Forward auth for %(server)s requires these scopes, which the token does not have: %(scopes)s.")
    words = {"server": server.name, "scopes": ", ".join(missing)}
    return [
        reader.mended(text % words, address_of("resource server", server.pk), _("Show the Resource Server")),
        *out_of_effect(checked, reader),
        Sentence(_("The scopes of an issued token cannot be changed: create a token that has them.")),
    ]


def unknown(_checked: Checked, _reader: Reader) -> list[Sentence]:
    """There is no such token."""
    text = _(
        "Its form and checksum are right: it comes from another instance, or it was issued after the backup from which "
        "this one was restored."
    )
    return [Sentence(_("No token of this instance has this value.")), Sentence(text)]


def not_own(_checked: Checked, _reader: Reader) -> list[Sentence]:
    """It is not this person's, or there is none; which of the two is not told, nor what a door answers."""
    text = _("It may belong to somebody else, to a program, or to another instance. An administrator can check it.")
    return [Sentence(_("This is not one of your tokens, or it is mistyped.")), Sentence(text)]


def other_server(checked: Checked, reader: Reader) -> list[Sentence]:
    """The Resource Server does not ask about tokens of this application."""
    server = checked.asking
    text = _("%(server)s is not registered for tokens of %(application)s: to it there is no such token.")
    words = {"server": server.name, "application": checked.token.application.name}
    return [reader.mended(text % words, address_of("resource server", server.pk), _("Show the Resource Server"))]


def revoked(checked: Checked, reader: Reader) -> list[Sentence]:
    """Who revoked it, when and why; or which value took its place."""
    token = checked.token
    said = told_by(
        revocation_facts(token), _("It was revoked on %(instant)s by %(who)s."), _("It was revoked on %(instant)s.")
    )
    return said + instead(token, reader)


def suspended(checked: Checked, reader: Reader) -> list[Sentence]:
    """Who suspended it, when and why."""
    token = checked.token
    said = told_by(
        suspension_facts(token), _("It was suspended on %(instant)s by %(who)s."), _("It was suspended on %(instant)s.")
    )
    if not reader.links.resume:
        return [*said, Sentence(_("An administrator can resume it."))]
    return [
        *said,
        Sentence(_("It works again once it is resumed."), link(reader.links.resume, token.pk), _("Resume it")),
    ]


def expired(checked: Checked, reader: Reader) -> list[Sentence]:
    """When it expired."""
    token = checked.token
    said = [Sentence(_("It expired on %(instant)s.") % {"instant": exact(token.expires_at)})]
    return said + instead(token, reader)


def instead(token: ReferenceToken, reader: Reader) -> list[Sentence]:
    """What to use in place of a token that has ended."""
    if successor := token.successor:
        text = _("It was rotated: its new value is %(hint)s, and programs must send that one.")
        return [reader.about(text % {"hint": successor.hint}, successor, new_label())]
    return [reader.about(_("This cannot be undone: create a new token."), token, _("Show this token"))]


def application_disabled(checked: Checked, reader: Reader) -> list[Sentence]:
    """The application is switched off."""
    application = checked.token.application
    text = _("%(application)s is disabled, and none of its tokens is accepted.") % {"application": application.name}
    return [reader.mended(text, address_of("application", application.pk), _("Show the application"))]


def holder_inactive(checked: Checked, reader: Reader) -> list[Sentence]:
    """Nobody stands behind the token: its person or System User is deactivated, or there is no System User."""
    application = checked.token.application
    holder = checked.token.holder or application.system_user
    if holder is None:
        text = _("%(application)s has no System User, as whom its application tokens act.")
        words = {"application": application.name}
        return [reader.mended(text % words, address_of("application", application.pk), _("Show the application"))]
    text = _("%(user)s is deactivated, and the token acts as this user.") % {"user": holder.name_beside_others}
    return [reader.mended(text, address_of("user", holder.pk), _("Show the user"))]


def no_scopes(checked: Checked, reader: Reader) -> list[Sentence]:
    """Nothing is left of its scopes."""
    return [Sentence(_("None of its scopes is in effect.")), *out_of_effect(checked, reader)]


def cannot_tell(_checked: Checked, _reader: Reader) -> list[Sentence]:
    """It may be stored under a key that is missing here (TOK-2)."""
    text = _(
        "The service lacks a key under which the token may be stored, and answers 503 about every token that it does "
        "not find. The operator can add the key to the key ring."
    )
    return [Sentence(text)]


def server_disabled(checked: Checked, reader: Reader) -> list[Sentence]:
    """The caller itself is refused."""
    server = checked.asking
    text = _("%(server)s is disabled: all its requests are refused, whatever the token.") % {"server": server.name}
    return [reader.mended(text, address_of("resource server", server.pk), _("Show the Resource Server"))]


def forward_auth_off(_checked: Checked, _reader: Reader) -> list[Sentence]:
    """The setting closes this door."""
    return [Sentence(_("The operator has turned it off (UNBOUND_FORWARD_AUTH): choose the Resource Server that asks."))]


def told_by(facts: dict[str, Any] | None, by_somebody: str, by_itself: str) -> list[Sentence]:
    """When something was done to the token, by whom and why; nothing where it was undone in this moment."""
    if facts is None:
        return []
    text = (by_somebody if facts["who"] else by_itself) % {"instant": exact(facts["at"]), "who": facts["who"]}
    reason = [Sentence(_("The reason given: %(reason)s") % {"reason": facts["reason"]})] if facts["reason"] else []
    return [Sentence(text), *reason]


def new_label() -> str:
    """The words of a link to the token that took another's place."""
    return _("Show the new token")


REASONS: dict[str, Callable[[Checked, Reader], Iterable[Sentence]]] = {
    Outcome.ACTIVE: active,
    LACKS_SCOPES: lacks_scopes,
    Inactive.UNKNOWN: unknown,
    Inactive.OTHER_SERVER: other_server,
    Inactive.REVOKED: revoked,
    Inactive.SUSPENDED: suspended,
    Inactive.EXPIRED: expired,
    Inactive.APPLICATION_DISABLED: application_disabled,
    Inactive.HOLDER_INACTIVE: holder_inactive,
    Inactive.NO_SCOPES: no_scopes,
    Outcome.CANNOT_TELL: cannot_tell,
    Outcome.NOT_OWN: not_own,
    Outcome.SERVER_DISABLED: server_disabled,
    Outcome.FORWARD_AUTH_OFF: forward_auth_off,
}
