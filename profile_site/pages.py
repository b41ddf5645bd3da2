"""The frame of the Profile site: its name and its navigation."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.openid_settings import is_configured
from accounts.pages.navigation import entry, item
from accounts.pages.site import Site


def navigation(path: str) -> list[dict[str, Any]]:
    """The groups of the navigation, the current page marked."""
    return [
        {"label": "", "items": [personal_info(path), entry(_("Devices"), "profile:device_list", "devices", path)]},
        {
            "label": _("Security"),
            "items": [
                entry(_("Tokens"), "profile:token_list", "key", path),
                entry(_("Check a token"), "profile:token_check", "circle-check", path),
                entry(_("Password"), "profile:password", "lock", path),
                entry(_("Second factors"), "profile:factor_list", "shield-check", path),
                *single_sign_on(path),
            ],
        },
        {"label": "", "items": [entry(_("Help"), "help", "info-circle", path)]},
    ]


def personal_info(path: str) -> dict[str, Any]:
    """The entry of the start page, below which everything else stands too."""
    url = reverse("profile:personal_info")
    forms = (reverse("profile:personal_info_edit"), reverse("profile:email_change"))
    return item(_("Personal info"), url, "user-circle", is_current=path == url or path.startswith(forms))


def single_sign_on(path: str) -> list[dict[str, Any]]:
    """The entry of what is there only where the settings name a provider."""
    if not is_configured():
        return []
    return [entry(_("Single sign-on"), "profile:identity_connect", "switch-horizontal", path)]


PROFILE = Site("profile", gettext_lazy("Profile"), navigation)
