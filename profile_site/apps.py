from __future__ import annotations

from django.apps import AppConfig

from accounts.addresses import register_addresses

# The pages that lower layers link to; "own" says whose they are.
LINKED_FROM_BELOW = {
    "own profile": "profile:personal_info",
    "own devices": "profile:device_list",
    "own second factors": "profile:factor_list",
    "own single sign-on": "profile:identity_connect",
    "own tokens": "profile:token_list",
    "confirm own e-mail address": "profile:email_confirm",
    "rotate own token": "profile:token_rotate",
    "revoke own token": "profile:token_revoke",
}


class ProfileSiteConfig(AppConfig):
    """A person's own pages."""

    name = "profile_site"

    def ready(self) -> None:
        """Say where the pages are that lower layers link to."""
        from accounts.pages.error_pages import PROFILE as NAME
        from accounts.pages.error_pages import register_site
        from profile_site.pages import PROFILE

        register_addresses(LINKED_FROM_BELOW)
        register_site(NAME, PROFILE)
