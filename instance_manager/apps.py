from __future__ import annotations

from django.apps import AppConfig

from accounts.addresses import register_addresses

# The pages that lower layers, and the Profile site for administrators, link to.
LINKED_FROM_BELOW = {
    "Instance Manager": "manage:home",
    "applications": "manage:application_list",
    "application": "manage:application_detail",
    "tokens": "manage:inventory",
    "token": "manage:token_detail",
    "rotate token": "manage:token_rotate",
    "revoke token": "manage:token_revoke",
    "resource server": "manage:resource_server_detail",
    "user": "manage:user_detail",
    "webhooks": "manage:webhook_list",
    "webhook": "manage:webhook_detail",
    "group": "manage:group_detail",
}


class InstanceManagerConfig(AppConfig):
    """The pages of administrators."""

    name = "instance_manager"

    def ready(self) -> None:
        """Register the pages that others link to."""
        from accounts.pages.error_pages import MANAGER, register_site
        from instance_manager.pages import MANAGE

        register_addresses(LINKED_FROM_BELOW)
        register_site(MANAGER, MANAGE)
