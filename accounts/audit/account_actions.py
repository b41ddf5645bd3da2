"""How the audit log tells the actions of this app, and who acts that is no person."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.audit.registry import Action, names_in_details, register_actions, register_actors

ACTIONS = {
    "factor:add": Action(_("Second factor added")),
    "factor:remove": Action(_("Second factor removed")),
    "factor:rename": Action(_("Passkey renamed")),
    "factor:reset": Action(_("All second factors removed")),
    "group:add_member": Action(_("Member taken into a group")),
    "group:create": Action(_("Group created")),
    "group:delete": Action(_("Group deleted")),
    "group:remove_member": Action(_("Member taken out of a group")),
    "group:remove_members": Action(_("Members taken out of a group that was deleted")),
    "group:rename": Action(_("Group renamed"), fields_changed=lambda _details: ("name",)),
    "recovery_codes:generate": Action(_("Recovery codes generated")),
    "session:end": Action(_("Signed out of devices")),
    "user:accept_invitation": Action(_("Invitation accepted")),
    "user:ask_email_change": Action(_("New e-mail address asked for")),
    "user:ask_password_reset": Action(_("New password asked for")),
    "user:attempts_limited": Action(_("Too many attempts")),
    "user:change_email": Action(_("E-mail address changed"), fields_changed=lambda _details: ("email",)),
    "user:change_password": Action(_("Password changed")),
    "user:connect_identity": Action(_("Single sign-on connected")),
    "user:create": Action(_("User created")),
    "user:deactivate": Action(_("User deactivated")),
    "user:delete": Action(_("User deleted")),
    "user:disconnect_identity": Action(_("Single sign-on disconnected")),
    "user:invite": Action(_("Invited")),
    "user:make_administrator": Action(_("Made an administrator")),
    "user:reactivate": Action(_("User reactivated")),
    "user:reset_password": Action(_("Password chosen by mail")),
    "user:sign_in": Action(_("Signed in")),
    "user:sign_in_failed": Action(_("Sign-in failed")),
    "user:sign_out": Action(_("Signed out")),
    "user:unmake_administrator": Action(_("Rights of an administrator taken")),
    "user:update": Action(_("Personal info changed"), fields_changed=names_in_details),
}
ACTORS = {
    "anonymous": _("Somebody who was not signed in"),
    "identity_provider": _("The OpenID Connect provider"),
    "operator": _("The command line"),
    "service": _("The service itself"),
}


def register() -> None:
    """Tell the audit log."""
    register_actions(ACTIONS)
    register_actors(ACTORS)
