"""The audit log's words for this app: its actions, its actors that are no people, and its targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from accounts.addresses import address_of
from accounts.audit.registry import RecordedAction, names_in_details, register_actions, register_actors
from accounts.audit.targets import TargetKind, register_targets, uuids
from accounts.models import User

if TYPE_CHECKING:
    from collections.abc import Collection


ACTIONS = {
    "factor:add": RecordedAction(_("Second factor added")),
    "factor:remove": RecordedAction(_("Second factor removed")),
    "factor:rename": RecordedAction(_("Passkey renamed")),
    "factor:reset": RecordedAction(_("All second factors removed")),
    "group:add_member": RecordedAction(_("Member added to a group")),
    "group:create": RecordedAction(_("Group created")),
    "group:delete": RecordedAction(_("Group deleted")),
    "group:remove_member": RecordedAction(_("Member removed from a group")),
    "group:remove_members": RecordedAction(_("Members removed from a deleted group")),
    "group:rename": RecordedAction(_("Group renamed"), fields_changed=lambda _details: ("name",)),
    "recovery_codes:generate": RecordedAction(_("Recovery codes generated")),
    "session:end": RecordedAction(_("Signed out of devices")),
    "user:accept_invitation": RecordedAction(_("Invitation accepted")),
    "user:ask_email_change": RecordedAction(_("New e-mail address requested")),
    "user:ask_password_reset": RecordedAction(_("New password requested")),
    "user:attempts_limited": RecordedAction(_("Too many attempts")),
    "user:change_email": RecordedAction(_("E-mail address changed"), fields_changed=lambda _details: ("email",)),
    "user:change_password": RecordedAction(_("Password changed")),
    "user:connect_identity": RecordedAction(_("Single sign-on connected")),
    "user:create": RecordedAction(_("User created")),
    "user:deactivate": RecordedAction(_("User deactivated")),
    "user:delete": RecordedAction(_("User deleted")),
    "user:disconnect_identity": RecordedAction(_("Single sign-on disconnected")),
    "user:invite": RecordedAction(_("Invited")),
    "user:make_administrator": RecordedAction(_("Made an administrator")),
    "user:reactivate": RecordedAction(_("User reactivated")),
    "user:reset_password": RecordedAction(_("Password reset by mail")),
    "user:sign_in": RecordedAction(_("Signed in")),
    "user:sign_in_failed": RecordedAction(_("Sign-in failed")),
    "user:sign_out": RecordedAction(_("Signed out")),
    "user:unmake_administrator": RecordedAction(_("Administrator rights removed")),
    "user:update": RecordedAction(_("Personal info changed"), fields_changed=names_in_details),
}
ACTORS = {
    "anonymous": _("Not signed in"),
    "identity_provider": _("The OpenID Connect provider"),
    "operator": _("The command line"),
    "service": _("The service itself"),
}


def find_users(ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """The names and pages of users; a deleted one is named so (TOK-11)."""
    users = User.objects.filter(pk__in=uuids(ids))
    return {str(user.pk): (user.name_beside_others, address_of("user", user.pk)) for user in users}


def find_groups(ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """The names and pages of groups."""
    groups = Group.objects.filter(pk__in=ids)
    return {str(group.pk): (group.name, address_of("group", group.pk)) for group in groups}


TARGETS = {
    "group": TargetKind(_("Group"), find_groups),
    "user": TargetKind(_("User"), find_users),
}


def register_audit_words() -> None:
    """Tell the audit log."""
    register_actions(ACTIONS)
    register_actors(ACTORS)
    register_targets(TARGETS)
