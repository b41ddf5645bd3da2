"""The reasons that the service itself gives for a revocation or suspension: codes, and their words for each reader."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.text.reasons import register_reasons

if TYPE_CHECKING:
    from collections.abc import Callable


class ReasonCode(StrEnum):
    """A reason as it is stored; `Reason.text` holds what its words name."""

    APPLICATION_POLICY = "application_policy"
    APPLICATION_SCOPES = "application_scopes"
    EXPOSED = "exposed"
    NOT_SEEN = "not_seen"
    REPLACED = "replaced"
    RESOURCE_SERVER = "resource_server"
    RESTORED = "restored"
    RESTORED_WITHOUT_FENCE = "restored_without_fence"
    TOKEN_ITSELF = "token_itself"  # noqa: S105 - a word, no secret
    UNUSED = "unused"
    USER_DEACTIVATED = "user_deactivated"
    USER_DELETED = "user_deleted"


# Each is given the text of the reason: a policy, a place, the hint of a token, a number of days, or nothing.
WORDS: dict[str, Callable[[str], str]] = {
    ReasonCode.APPLICATION_POLICY: lambda policy: (
        _("The application's AccessTokens policy became %(policy)s") % {"policy": policy}
    ),
    ReasonCode.APPLICATION_SCOPES: lambda _nothing: _("The application no longer offers any of its scopes"),
    ReasonCode.EXPOSED: lambda place: (
        _("Reported as leaked, seen at %(place)s") % {"place": place} if place else _("Reported as leaked")
    ),
    ReasonCode.NOT_SEEN: lambda _nothing: _("Its value was never seen"),
    ReasonCode.REPLACED: lambda hint: _("Replaced by %(hint)s") % {"hint": hint},
    ReasonCode.RESOURCE_SERVER: lambda _nothing: _("Revoked by a Resource Server"),
    ReasonCode.RESTORED: lambda _nothing: _("It was so before an older copy of the database was restored"),
    ReasonCode.RESTORED_WITHOUT_FENCE: lambda _nothing: _(
        "The database was restored, and nothing told whether it was revoked before"
    ),
    ReasonCode.TOKEN_ITSELF: lambda _nothing: _("Revoked by its bearer"),
    ReasonCode.UNUSED: lambda days: (
        ngettext("Not used for %(days)s day", "Not used for %(days)s days", int(days)) % {"days": days}
    ),
    ReasonCode.USER_DEACTIVATED: lambda _nothing: _("The user was deactivated"),
    ReasonCode.USER_DELETED: lambda _nothing: _("The user was deleted"),
}


def register_reason_codes() -> None:
    """Let reasons with these codes be read."""
    register_reasons(WORDS)
