"""The audit log's words for this app: its actions, its actors that are no people, and its targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.addresses import address_of
from accounts.audit import activities as ocsf
from accounts.audit.registry import RecordedAction, names_in_details, reason_in_words, register_actions, register_actors
from accounts.audit.targets import TargetKind, register_targets, uuids
from reference_tokens.models import ReferenceToken, ResourceServer
from reference_tokens.pages.events import name_beside_application
from reference_tokens.validation.checking import VERDICTS
from reference_tokens.webhooks.words import ACTIONS as WEBHOOK_ACTIONS
from reference_tokens.webhooks.words import find_webhooks
from trusted_apps.built_in import API_TOKEN

if TYPE_CHECKING:
    from collections.abc import Collection

    from accounts.audit.registry import Details


def count_and_reason(details: Details) -> list[str]:
    """How many tokens were concerned, and the reason that was given."""
    said = reason_in_words(details)
    if isinstance(count := details.get("count"), int):
        said.insert(0, ngettext("%(count)d token", "%(count)d tokens", count) % {"count": count})
    return said


def outcome_of_check(details: Details) -> list[str]:
    """What a check of a token found."""
    verdict = VERDICTS.get(details.get("outcome", ""))
    return [str(verdict)] if verdict else []


def name_before(details: Details) -> list[str]:
    """What something that was deleted was called."""
    before = details.get("before")
    return [str(before["name"])] if isinstance(before, dict) and "name" in before else []


def place_and_counts(details: Details) -> list[str]:
    """Where tokens were seen, how many were reported, and how many of them are tokens of this instance."""
    place, found, reported = (details.get(name) for name in ("place", "found", "reported"))
    said = [_("Seen at %(place)s") % {"place": place}] if place else []
    if isinstance(found, int):
        text = ngettext("%(found)d token of %(reported)s reported", "%(found)d tokens of %(reported)s reported", found)
        said.append(text % {"found": found, "reported": reported})
    return said


ACTIONS = {
    "instance:backup": RecordedAction(_("Backup made"), ocsf.READ, sentence=_("%(who)s backed up this instance")),
    "instance:restore": RecordedAction(
        _("Backup restored"), ocsf.UPDATED, sentence=_("%(who)s restored this instance from a backup")
    ),
    "leak:report": RecordedAction(
        _("Leak reported"), ocsf.ALARMING, place_and_counts, sentence=_("%(who)s reported that tokens leaked")
    ),
    "resource_server:add_secret": RecordedAction(
        _("Secret added to a Resource Server"),
        ocsf.UPDATED,
        sentence=_("%(who)s added a secret to the Resource Server %(target)s"),
    ),
    "resource_server:create": RecordedAction(
        _("Resource Server registered"), ocsf.CREATED, sentence=_("%(who)s registered the Resource Server %(target)s")
    ),
    "resource_server:delete": RecordedAction(
        _("Resource Server deleted"),
        ocsf.DELETED,
        name_before,
        sentence=_("%(who)s deleted the Resource Server %(target)s"),
    ),
    "resource_server:remove_secret": RecordedAction(
        _("Secret removed from a Resource Server"),
        ocsf.UPDATED,
        sentence=_("%(who)s removed a secret from the Resource Server %(target)s"),
    ),
    "resource_server:update": RecordedAction(
        _("Resource Server changed"),
        ocsf.UPDATED,
        fields_changed=names_in_details,
        sentence=_("%(who)s changed the Resource Server %(target)s"),
    ),
    "token:check": RecordedAction(
        _("Token checked"), ocsf.READ, outcome_of_check, sentence=_("%(who)s checked a token: %(target)s")
    ),
    "token:export": RecordedAction(
        _("Tokens exported"), ocsf.READ, count_and_reason, sentence=_("%(who)s exported a list of tokens")
    ),
    "token:issue": RecordedAction(_("Token issued"), ocsf.CREATED, sentence=_("%(who)s issued the token %(target)s")),
    "token:rename": RecordedAction(
        _("Token renamed"),
        ocsf.UPDATED,
        fields_changed=names_in_details,
        sentence=_("%(who)s renamed the token %(target)s"),
    ),
    "token:resume": RecordedAction(
        _("Token resumed"), ocsf.RESUMED, sentence=_("%(who)s resumed the token %(target)s")
    ),
    "token:resume_many": RecordedAction(
        _("Tokens resumed together"),
        ocsf.RESUMED,
        count_and_reason,
        sentence=_("%(who)s resumed tokens that were suspended together"),
    ),
    "token:revoke": RecordedAction(
        _("Token revoked"), ocsf.DELETED, sentence=_("%(who)s revoked the token %(target)s")
    ),
    "token:revoke_many": RecordedAction(
        _("Tokens revoked together"), ocsf.DELETED, count_and_reason, sentence=_("%(who)s revoked tokens together")
    ),
    "token:rotate": RecordedAction(
        _("Token rotated"), ocsf.UPDATED, sentence=_("%(who)s rotated the token %(target)s")
    ),
    "token:shorten_many": RecordedAction(
        _("Lifetimes of tokens shortened"),
        ocsf.UPDATED,
        count_and_reason,
        sentence=_("%(who)s shortened the lives of tokens: %(target)s"),
    ),
    "token:suspend": RecordedAction(
        _("Token suspended"), ocsf.SUSPENDED, sentence=_("%(who)s suspended the token %(target)s")
    ),
    "token:suspend_many": RecordedAction(
        _("Tokens suspended together"),
        ocsf.SUSPENDED,
        count_and_reason,
        sentence=_("%(who)s suspended tokens together"),
    ),
}
ACTORS = {
    API_TOKEN: _("A program, by the management API"),
    "github": _("GitHub secret scanning"),
    "leak_reporter": _("Somebody who reported a leak"),
    "resource_server": _("A Resource Server"),
    "token": _("The token itself"),
}


def find_tokens(ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """The names and pages of tokens, each with its application."""
    tokens = ReferenceToken.objects.filter(pk__in=uuids(ids)).select_related("application")
    return {str(token.pk): (name_beside_application(token), address_of("token", token.pk)) for token in tokens}


def find_servers(client_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """The names and pages of Resource Servers; the client ids of those that were deleted."""
    servers = ResourceServer.objects.filter(client_id__in=client_ids)
    there = {server.client_id: (server.name, address_of("resource server", server.pk)) for server in servers}
    return {client_id: (client_id, "") for client_id in client_ids} | there


TARGETS = {
    # What a program is called by, whose act an entry tells.
    API_TOKEN: TargetKind(_("Access token"), find_tokens),
    "instance": TargetKind(_("This instance")),
    "leak_report": TargetKind(_("Access tokens")),
    "resource_server": TargetKind(_("Resource Server"), find_servers),
    "resumption": TargetKind(_("Access tokens")),
    "revocation": TargetKind(_("Access tokens")),
    "shortening": TargetKind(_("Access tokens")),
    "suspension": TargetKind(_("Access tokens")),
    "token": TargetKind(_("Access token"), find_tokens, fields=["replaces", "replaced_by"]),
    "webhook": TargetKind(_("Webhook"), find_webhooks),
}


def register_audit_words() -> None:
    """Tell the audit log."""
    register_actions(ACTIONS | WEBHOOK_ACTIONS)
    register_actors(ACTORS)
    register_targets(TARGETS)
