"""The audit log's words for this app: its actions, its actors that are no people, and its targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.addresses import address_of
from accounts.audit import activities as ocsf
from accounts.audit.registry import Details, RecordedAction, names_in_details, register_actions, register_actors
from accounts.audit.targets import TargetKind, register_targets, uuids
from accounts.models import User

if TYPE_CHECKING:
    from collections.abc import Collection


def what_did_not_fit(details: Details) -> list[str]:
    """What the operator accepted."""
    return [details["says"]]


def what_was_pruned(details: Details) -> list[str]:
    """How many entries were removed, and the last of them."""
    text = ngettext("%(count)s entry, through %(last)s", "%(count)s entries, through %(last)s", details["entries"])
    return [text % {"count": details["entries"], "last": details["through"]}]


ACTIONS = {
    "audit_log:accept": RecordedAction(
        _("Audit log accepted as it is"),
        ocsf.ALARMING,
        what_did_not_fit,
        sentence=_("%(who)s accepted the audit log as it is"),
    ),
    "audit_log:export": RecordedAction(
        _("Audit log exported"), ocsf.READ, sentence=_("%(who)s exported the audit log")
    ),
    "audit_log:prune": RecordedAction(
        _("Old entries of the audit log removed"),
        ocsf.UPDATED,
        what_was_pruned,
        sentence=_("%(who)s removed old audit log entries"),
    ),
    "audit_log:sign": RecordedAction(
        _("Audit log signed for the first time"),
        ocsf.UPDATED,
        sentence=_("%(who)s signed the audit log for the first time"),
    ),
    "factor:add": RecordedAction(
        _("Second factor added"), ocsf.FACTOR_ADDED, sentence=_("%(who)s added a second factor of %(target)s")
    ),
    "factor:remove": RecordedAction(
        _("Second factor removed"), ocsf.FACTOR_REMOVED, sentence=_("%(who)s removed a second factor of %(target)s")
    ),
    "factor:rename": RecordedAction(
        _("Passkey renamed"), ocsf.ACCOUNT_CHANGED, sentence=_("%(who)s renamed a passkey of %(target)s")
    ),
    "factor:reset": RecordedAction(
        _("All second factors removed"),
        ocsf.FACTOR_REMOVED,
        sentence=_("%(who)s removed all second factors of %(target)s"),
    ),
    "group:add_member": RecordedAction(
        _("Member added to a group"), ocsf.UPDATED, sentence=_("%(who)s added a member to the group %(target)s")
    ),
    "group:create": RecordedAction(
        _("Group created"), ocsf.CREATED, sentence=_("%(who)s created the group %(target)s")
    ),
    "group:delete": RecordedAction(
        _("Group deleted"), ocsf.DELETED, sentence=_("%(who)s deleted the group %(target)s")
    ),
    "group:remove_member": RecordedAction(
        _("Member removed from a group"), ocsf.UPDATED, sentence=_("%(who)s removed a member from the group %(target)s")
    ),
    "group:remove_members": RecordedAction(
        _("Members removed from a deleted group"),
        ocsf.UPDATED,
        sentence=_("%(who)s removed all members from the group %(target)s by deleting it"),
    ),
    "group:rename": RecordedAction(
        _("Group renamed"),
        ocsf.UPDATED,
        fields_changed=lambda _details: ("name",),
        sentence=_("%(who)s renamed the group %(target)s"),
    ),
    "recovery_codes:generate": RecordedAction(
        _("Recovery codes generated"),
        ocsf.ACCOUNT_CHANGED,
        sentence=_("%(who)s generated recovery codes for %(target)s"),
    ),
    "session:end": RecordedAction(
        _("Signed out of devices"), ocsf.SIGNED_OUT, sentence=_("%(who)s signed %(target)s out of devices")
    ),
    "user:accept_invitation": RecordedAction(
        _("Invitation accepted"), ocsf.PASSWORD_CHANGED, sentence=_("%(who)s accepted the invitation of %(target)s")
    ),
    "user:ask_email_change": RecordedAction(
        _("New e-mail address requested"),
        ocsf.ACCOUNT_CHANGED,
        sentence=_("%(who)s asked for a new e-mail address of %(target)s"),
    ),
    "user:ask_password_reset": RecordedAction(
        _("New password requested"), ocsf.ACCOUNT_CHANGED, sentence=_("%(who)s asked for a new password of %(target)s")
    ),
    "user:attempts_limited": RecordedAction(
        _("Too many attempts"), ocsf.ATTEMPTS_LIMITED, sentence=_("%(who)s made too many attempts")
    ),
    "user:change_email": RecordedAction(
        _("E-mail address changed"),
        ocsf.ACCOUNT_CHANGED,
        fields_changed=lambda _details: ("email",),
        sentence=_("%(who)s changed the e-mail address of %(target)s"),
    ),
    "user:change_password": RecordedAction(
        _("Password changed"), ocsf.PASSWORD_CHANGED, sentence=_("%(who)s changed the password of %(target)s")
    ),
    "user:connect_identity": RecordedAction(
        _("Single sign-on connected"),
        ocsf.ACCOUNT_CHANGED,
        sentence=_("%(who)s connected %(target)s to single sign-on"),
    ),
    "user:create": RecordedAction(
        _("User created"), ocsf.ACCOUNT_CREATED, sentence=_("%(who)s created the user %(target)s")
    ),
    "user:deactivate": RecordedAction(
        _("User deactivated"), ocsf.ACCOUNT_DISABLED, sentence=_("%(who)s deactivated %(target)s")
    ),
    "user:delete": RecordedAction(
        _("User deleted"), ocsf.ACCOUNT_DELETED, sentence=_("%(who)s deleted the user %(target)s")
    ),
    "user:disconnect_identity": RecordedAction(
        _("Single sign-on disconnected"),
        ocsf.ACCOUNT_CHANGED,
        sentence=_("%(who)s disconnected %(target)s from single sign-on"),
    ),
    "user:invite": RecordedAction(_("Invited"), ocsf.ACCOUNT_CHANGED, sentence=_("%(who)s invited %(target)s")),
    "user:make_administrator": RecordedAction(
        _("Made an administrator"), ocsf.RIGHTS_GIVEN, sentence=_("%(who)s made %(target)s an administrator")
    ),
    "user:reactivate": RecordedAction(
        _("User reactivated"), ocsf.ACCOUNT_ENABLED, sentence=_("%(who)s reactivated %(target)s")
    ),
    "user:reset_password": RecordedAction(
        _("Password reset by mail"), ocsf.PASSWORD_RESET, sentence=_("%(who)s reset the password of %(target)s by mail")
    ),
    "user:sign_in": RecordedAction(_("Signed in"), ocsf.SIGNED_IN, sentence=_("%(who)s signed in")),
    "user:sign_in_failed": RecordedAction(
        _("Sign-in failed"), ocsf.SIGN_IN_FAILED, sentence=_("A sign-in failed (%(target)s)")
    ),
    "user:sign_out": RecordedAction(_("Signed out"), ocsf.SIGNED_OUT, sentence=_("%(who)s signed out")),
    "user:take_credentials": RecordedAction(
        _("Password and second factors taken away"),
        ocsf.ACCOUNT_CHANGED,
        sentence=_("%(who)s took away the password and the second factors of %(target)s"),
    ),
    "user:unmake_administrator": RecordedAction(
        _("Administrator rights removed"),
        ocsf.RIGHTS_TAKEN,
        sentence=_("%(who)s removed the administrator rights of %(target)s"),
    ),
    "user:update": RecordedAction(
        _("Personal info changed"),
        ocsf.ACCOUNT_CHANGED,
        fields_changed=names_in_details,
        sentence=_("%(who)s changed the personal info of %(target)s"),
    ),
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
    "audit_log": TargetKind(_("Audit log")),
    "group": TargetKind(_("Group"), find_groups),
    "user": TargetKind(_("User"), find_users, fields=("holder", "member", "members", "owners", "system_user")),
}


def register_audit_words() -> None:
    """Tell the audit log."""
    register_actions(ACTIONS)
    register_actors(ACTORS)
    register_targets(TARGETS)
