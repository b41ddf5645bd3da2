"""How the audit log tells the actions of this app."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.audit.registry import Action, names_in_details, register_actions


def register() -> None:
    """Tell the audit log."""
    register_actions(
        {
            "application:create": Action(_("Trusted Application registered")),
            "application:update": Action(_("Trusted Application changed"), fields_changed=names_in_details),
        }
    )
