"""What the actions of this app are to OCSF."""

from __future__ import annotations

from accounts.audit import activities as ocsf

ACTIVITIES = {
    "audit_log:accept": ocsf.ALARMING,
    "audit_log:export": ocsf.READ,
    "audit_log:prune": ocsf.UPDATED,
    "audit_log:sign": ocsf.UPDATED,
    "factor:add": ocsf.FACTOR_ADDED,
    "factor:remove": ocsf.FACTOR_REMOVED,
    "factor:rename": ocsf.ACCOUNT_CHANGED,
    "factor:reset": ocsf.FACTOR_REMOVED,
    "group:add_member": ocsf.UPDATED,
    "group:create": ocsf.CREATED,
    "group:delete": ocsf.DELETED,
    "group:remove_member": ocsf.UPDATED,
    "group:remove_members": ocsf.UPDATED,
    "group:rename": ocsf.UPDATED,
    "recovery_codes:generate": ocsf.ACCOUNT_CHANGED,
    "session:end": ocsf.SIGNED_OUT,
    "user:accept_invitation": ocsf.PASSWORD_CHANGED,
    "user:ask_email_change": ocsf.ACCOUNT_CHANGED,
    "user:ask_password_reset": ocsf.ACCOUNT_CHANGED,
    "user:attempts_limited": ocsf.ATTEMPTS_LIMITED,
    "user:change_email": ocsf.ACCOUNT_CHANGED,
    "user:change_password": ocsf.PASSWORD_CHANGED,
    "user:connect_identity": ocsf.ACCOUNT_CHANGED,
    "user:create": ocsf.ACCOUNT_CREATED,
    "user:deactivate": ocsf.ACCOUNT_DISABLED,
    "user:delete": ocsf.ACCOUNT_DELETED,
    "user:disconnect_identity": ocsf.ACCOUNT_CHANGED,
    "user:invite": ocsf.ACCOUNT_CHANGED,
    "user:make_administrator": ocsf.RIGHTS_GIVEN,
    "user:reactivate": ocsf.ACCOUNT_ENABLED,
    "user:reset_password": ocsf.PASSWORD_RESET,
    "user:sign_in": ocsf.SIGNED_IN,
    "user:sign_in_failed": ocsf.SIGN_IN_FAILED,
    "user:sign_out": ocsf.SIGNED_OUT,
    "user:unmake_administrator": ocsf.RIGHTS_TAKEN,
    "user:update": ocsf.ACCOUNT_CHANGED,
}
