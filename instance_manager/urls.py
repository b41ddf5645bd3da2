"""The addresses of the Instance Manager; each package has its own below one of them."""

from __future__ import annotations

from django.urls import include, path

from instance_manager import choices
from instance_manager.home.page import home
from instance_manager.mails import waiting_mails
from instance_manager.tokens.check import token_check
from instance_manager.tokens.inventory import application_choices
from instance_manager.tokens.red_button import revocation

app_name = "manage"
urlpatterns = [
    path("", home, name="home"),
    path("waiting-mails/", waiting_mails, name="waiting_mails"),
    *[
        path(f"choices/{what}/", choices.choice_list, {"what": what}, name=f"choices_{what}")
        for what in choices.CHOICE_FIELDS
    ],
    path("choices/filter/", application_choices, name="choices_filter"),
    path("security/trusted-apps/", include("instance_manager.applications.urls")),
    path("security/resource-servers/", include("instance_manager.resource_servers.urls")),
    path("security/users/", include("instance_manager.users.urls")),
    path("security/groups/", include("instance_manager.groups.urls")),
    path("security/tokens/", include("instance_manager.tokens.urls")),
    path("security/webhooks/", include("instance_manager.webhooks.urls")),
    path("security/audit-log/", include("instance_manager.audit_log.urls")),
    path("security/revoke/", revocation, name="revocation"),
    path("security/check-token/", token_check, name="token_check"),
]
