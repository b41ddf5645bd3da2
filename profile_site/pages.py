"""The frame of the Profile site: its name and its navigation."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.navigation import item
from accounts.openid_settings import is_configured
from accounts.pages import Site


def navigation(path: str) -> list[dict[str, Any]]:
    """The groups of the navigation, the current page marked."""
    return [
        {
            "label": "",
            "items": [
                item(
                    _("Personal info"),
                    "/profile/",
                    "user-circle",
                    is_current=path == "/profile/" or path.startswith(("/profile/edit/", "/profile/email/")),
                ),
                item(
                    _("Devices"),
                    "/profile/devices/",
                    "devices",
                    is_current=path.startswith("/profile/devices/"),
                ),
            ],
        },
        {
            "label": _("Security"),
            "items": [
                item(
                    _("Tokens"),
                    "/profile/security/tokens/",
                    "key",
                    is_current=path.startswith("/profile/security/tokens/"),
                ),
                item(
                    _("Password"),
                    "/profile/security/password/",
                    "lock",
                    is_current=path.startswith("/profile/security/password/"),
                ),
                item(
                    _("Second factors"),
                    "/profile/security/second-factors/",
                    "shield-check",
                    is_current=path.startswith("/profile/security/second-factors/"),
                ),
                *single_sign_on(path),
            ],
        },
    ]


def single_sign_on(path: str) -> list[dict[str, Any]]:
    """The entry of what is there only where the settings name a provider."""
    url = "/profile/security/single-sign-on/"
    if not is_configured():
        return []
    return [item(_("Single sign-on"), url, "switch-horizontal", is_current=path.startswith(url))]


PROFILE = Site("profile", gettext_lazy("Profile"), navigation)
page = PROFILE.page
