"""How the audit log tells the actions of this app, and who acts that is no person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.audit.registry import RecordedAction, names_in_details, reason_in_words, register_actions, register_actors

if TYPE_CHECKING:
    from accounts.audit.registry import Details


def count_and_reason(details: Details) -> list[str]:
    """How many tokens were concerned, and the reason that was given."""
    said = reason_in_words(details)
    if isinstance(count := details.get("count"), int):
        said.insert(0, ngettext("%(count)d token", "%(count)d tokens", count) % {"count": count})
    return said


ACTIONS = {
    "resource_server:add_secret": RecordedAction(_("Secret added to a Resource Server")),
    "resource_server:create": RecordedAction(_("Resource Server registered")),
    "resource_server:remove_secret": RecordedAction(_("Secret taken from a Resource Server")),
    "resource_server:update": RecordedAction(_("Resource Server changed"), fields_changed=names_in_details),
    "token:export": RecordedAction(_("Tokens exported"), count_and_reason),
    "token:issue": RecordedAction(_("Token issued")),
    "token:resume": RecordedAction(_("Token resumed")),
    "token:revoke": RecordedAction(_("Token revoked")),
    "token:revoke_many": RecordedAction(_("Tokens revoked together"), count_and_reason),
    "token:rotate": RecordedAction(_("Token rotated")),
    "token:shorten_many": RecordedAction(_("Lives of tokens shortened"), count_and_reason),
    "token:suspend": RecordedAction(_("Token suspended")),
    "token:suspend_many": RecordedAction(_("Tokens suspended together"), count_and_reason),
}
ACTORS = {
    "resource_server": _("A Resource Server"),
    "token": _("The token itself"),
}


def register_audit_words() -> None:
    """Tell the audit log."""
    register_actions(ACTIONS)
    register_actors(ACTORS)
