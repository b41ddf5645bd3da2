"""The frame of the Instance Manager: its name and its navigation."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.navigation import item
from accounts.pages import Site


def navigation(path: str) -> list[dict[str, Any]]:
    """The groups of the navigation, the current page marked."""
    return [
        {"label": "", "items": [item(_("Home"), "/manage/", "home", is_current=path == "/manage/")]},
        {
            "label": _("Security"),
            "items": [
                item(
                    _("Users"),
                    "/manage/security/users/",
                    "users",
                    is_current=path.startswith("/manage/security/users/"),
                ),
                item(
                    _("Groups"),
                    "/manage/security/groups/",
                    "users-group",
                    is_current=path.startswith("/manage/security/groups/"),
                ),
                item(
                    _("Trusted Apps"),
                    "/manage/security/trusted-apps/",
                    "apps",
                    is_current=path.startswith("/manage/security/trusted-apps/"),
                ),
                item(
                    _("Tokens"),
                    "/manage/security/tokens/",
                    "key",
                    is_current=path.startswith("/manage/security/tokens/"),
                ),
                item(
                    _("Resource Servers"),
                    "/manage/security/resource-servers/",
                    "server",
                    is_current=path.startswith("/manage/security/resource-servers/"),
                ),
            ],
        },
    ]


MANAGE = Site("manage", gettext_lazy("Instance Manager"), navigation)
page = MANAGE.page
