"""The frame of the Instance Manager: its name and its navigation."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.pages.navigation import entry, item
from accounts.pages.site import Site


def navigation(path: str) -> list[dict[str, Any]]:
    """The groups of the navigation, the current page marked."""
    home = reverse("manage:home")
    return [
        {"label": "", "items": [item(_("Home"), home, "home", is_current=path == home)]},
        {
            "label": _("Security"),
            "items": [
                entry(_("Users"), "manage:user_list", "users", path),
                entry(_("Groups"), "manage:group_list", "users-group", path),
                entry(_("Trusted Apps"), "manage:application_list", "apps", path),
                entry(_("Tokens"), "manage:inventory", "key", path),
                entry(_("Check a token"), "manage:token_check", "circle-check", path),
                entry(_("Resource Servers"), "manage:resource_server_list", "server", path),
                entry(_("Webhooks"), "manage:webhook_list", "webhook", path),
                entry(_("Audit log"), "manage:audit_log", "history", path),
            ],
        },
        {"label": "", "items": [entry(_("Help"), "help", "info-circle", path)]},
    ]


MANAGE = Site("manage", gettext_lazy("Instance Manager"), navigation)
