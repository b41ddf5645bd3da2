"""The frame of the Instance Manager: its name and its navigation."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.http import SignedInRequest
from accounts.navigation import item


def page(request: SignedInRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page of the Instance Manager."""
    frame = {"site": "manage", "site_name": _("Instance Manager"), "nav": navigation(request.path)}
    return render(request, template, frame | context, status=status)


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
