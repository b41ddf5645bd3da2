"""Why something was done: as whoever did it typed it, or as a code that is put into words for whoever reads it.

A code is kept apart from what is typed, so that nothing that anybody types is taken for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Code(StrEnum):
    """A reason that the service gives by itself."""

    APPLICATION_POLICY = "application_policy"
    APPLICATION_SCOPES = "application_scopes"
    NOT_SEEN = "not_seen"
    REPLACED = "replaced"
    RESOURCE_SERVER = "resource_server"
    TOKEN_ITSELF = "token_itself"  # noqa: S105 - a word, no secret
    UNUSED = "unused"
    USER_DEACTIVATED = "user_deactivated"
    USER_DELETED = "user_deleted"


# Each given what the words name: a policy, the hint of a token, a number of days; nothing where they name nothing.
WORDS: dict[str, Callable[[str], str]] = {
    Code.APPLICATION_POLICY: lambda policy: (
        _("The application's AccessTokens policy became %(policy)s") % {"policy": policy}
    ),
    Code.APPLICATION_SCOPES: lambda _nothing: _("The application no longer offers any of its scopes"),
    Code.NOT_SEEN: lambda _nothing: _("Its value was not seen"),
    Code.REPLACED: lambda hint: _("Replaced by %(hint)s") % {"hint": hint},
    Code.RESOURCE_SERVER: lambda _nothing: _("Revoked by a Resource Server"),
    Code.TOKEN_ITSELF: lambda _nothing: _("Revoked by whoever held it"),
    Code.UNUSED: lambda days: (
        ngettext("Not used for %(days)s day", "Not used for %(days)s days", int(days)) % {"days": days}
    ),
    Code.USER_DEACTIVATED: lambda _nothing: _("The user was deactivated"),
    Code.USER_DELETED: lambda _nothing: _("The user was deleted"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason as it is stored: what was typed; with a code, `text` is what the words of the code name."""

    text: str = ""
    code: str = ""

    @classmethod
    def recorded(cls, details: Mapping[str, object]) -> Reason:
        """The reason that an entry of the audit log holds, if it holds one."""
        return cls(str(details.get("reason", "")), str(details.get("reason_code", "")))

    def in_words(self) -> str:
        """In the language that is being spoken; empty where there is none."""
        if not self.code:
            return self.text
        # A later version, to which the database belonged, may have had more codes.
        speak = WORDS.get(self.code)
        return speak(self.text) if speak else f"{self.code} {self.text}".strip()

    def for_programs(self) -> str:
        """In the one language of files and commands, whoever reads them."""
        with translation.override(None):
            return self.in_words()

    def details(self) -> dict[str, str]:
        """As the audit log holds it."""
        return {"reason": self.text} | ({"reason_code": self.code} if self.code else {})
