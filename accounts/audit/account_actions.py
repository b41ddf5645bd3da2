"""How the audit log tells the actions of this app, and who acts that is no person."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.audit.registry import RecordedAction, names_in_details, register_actions, register_actors

ACTIONS = {
    "factor:add": RecordedAction(_("Second factor added")),
    "factor:remove": RecordedAction(_("Second factor removed")),
    "factor:rename": RecordedAction(_("Passkey renamed")),
    "factor:reset": RecordedAction(_("All second factors removed")),
    "group:add_member": RecordedAction(_("Member taken into a group")),
    "group:create": RecordedAction(_("Group created")),
    "group:delete": RecordedAction(_("Group deleted")),
    "group:remove_member": RecordedAction(_("Member taken out of a group")),
    "group:remove_members": RecordedAction(_("Members taken out of a group that was deleted")),
    "group:rename": RecordedAction(_("Group renamed"), fields_changed=lambda _details: ("name",)),
    "recovery_codes:generate": RecordedAction(_("Recovery codes generated")),
    "session:end": RecordedAction(_("Signed out of devices")),
    "user:accept_invitation": RecordedAction(_("Invitation accepted")),
    "user:ask_email_change": RecordedAction(_("New e-mail address asked for")),
    "user:ask_password_reset": RecordedAction(_("New password asked for")),
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
    "user:reset_password": RecordedAction(_("Password chosen by mail")),
    "user:sign_in": RecordedAction(_("Signed in")),
    "user:sign_in_failed": RecordedAction(_("Sign-in failed")),
    "user:sign_out": RecordedAction(_("Signed out")),
    "user:unmake_administrator": RecordedAction(_("Rights of an administrator taken")),
    "user:update": RecordedAction(_("Personal info changed"), fields_changed=names_in_details),
}
ACTORS = {
    "anonymous": _("Somebody who was not signed in"),
    "identity_provider": _("The OpenID Connect provider"),
    "operator": _("The command line"),
    "service": _("The service itself"),
}


def register_account_actions() -> None:
    """Tell the audit log."""
    register_actions(ACTIONS)
    register_actors(ACTORS)
