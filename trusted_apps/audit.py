"""How the audit log tells the actions of this app."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.audit.registry import RecordedAction, names_in_details, register_actions


def register_audit_words() -> None:
    """Tell the audit log."""
    register_actions(
        {
            "application:create": RecordedAction(_("Trusted Application registered")),
            "application:update": RecordedAction(_("Trusted Application changed"), fields_changed=names_in_details),
        }
    )
