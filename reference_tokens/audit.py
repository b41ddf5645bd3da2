"""The audit log's words for this app: its actions, its actors that are no people, and its targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.addresses import address_of
from accounts.audit.registry import RecordedAction, names_in_details, reason_in_words, register_actions, register_actors
from accounts.audit.targets import TargetKind, register_targets, uuids
from reference_tokens.models import ReferenceToken, ResourceServer

if TYPE_CHECKING:
    from collections.abc import Collection

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
    "resource_server:remove_secret": RecordedAction(_("Secret removed from a Resource Server")),
    "resource_server:update": RecordedAction(_("Resource Server changed"), fields_changed=names_in_details),
    "token:export": RecordedAction(_("Tokens exported"), count_and_reason),
    "token:issue": RecordedAction(_("Token issued")),
    "token:resume": RecordedAction(_("Token resumed")),
    "token:revoke": RecordedAction(_("Token revoked")),
    "token:revoke_many": RecordedAction(_("Tokens revoked together"), count_and_reason),
    "token:rotate": RecordedAction(_("Token rotated")),
    "token:shorten_many": RecordedAction(_("Lifetimes of tokens shortened"), count_and_reason),
    "token:suspend": RecordedAction(_("Token suspended")),
    "token:suspend_many": RecordedAction(_("Tokens suspended together"), count_and_reason),
}
ACTORS = {
    "resource_server": _("A Resource Server"),
    "token": _("The token itself"),
}


def find_tokens(ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """The names and pages of tokens."""
    tokens = ReferenceToken.objects.filter(pk__in=uuids(ids))
    return {str(token.pk): (token.display_name, address_of("token", token.pk)) for token in tokens}


def find_servers(client_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """The names and pages of Resource Servers."""
    servers = ResourceServer.objects.filter(client_id__in=client_ids)
    return {server.client_id: (server.name, address_of("resource server", server.pk)) for server in servers}


TARGETS = {
    "instance": TargetKind(_("This instance")),
    "resource_server": TargetKind(_("Resource Server"), find_servers),
    "revocation": TargetKind(_("Access tokens")),
    "suspension": TargetKind(_("Access tokens")),
    "token": TargetKind(_("Access token"), find_tokens),
}


def register_audit_words() -> None:
    """Tell the audit log."""
    register_actions(ACTIONS)
    register_actors(ACTORS)
    register_targets(TARGETS)
