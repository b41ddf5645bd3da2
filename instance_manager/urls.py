"""The addresses of the Instance Manager."""

from __future__ import annotations

from django.urls import path

from instance_manager import (
    application_list,
    applications,
    home,
    inventory,
    resource_servers,
    token_rotation,
    token_suspension,
    tokens,
)

app_name = "manage"
urlpatterns = [
    path("", home.home, name="home"),
    path("security/trusted-apps/", application_list.application_list, name="application_list"),
    path("security/trusted-apps/new/", applications.application_create, name="application_create"),
    path("security/trusted-apps/<uuid:application_id>/", applications.application_detail, name="application_detail"),
    path("security/trusted-apps/<uuid:application_id>/edit/", applications.application_edit, name="application_edit"),
    path("security/trusted-apps/<uuid:application_id>/tokens/new/", tokens.token_create, name="token_create"),
    path("security/resource-servers/", resource_servers.resource_server_list, name="resource_server_list"),
    path("security/resource-servers/new/", resource_servers.resource_server_create, name="resource_server_create"),
    path(
        "security/resource-servers/<int:server_id>/",
        resource_servers.resource_server_detail,
        name="resource_server_detail",
    ),
    path(
        "security/resource-servers/<int:server_id>/edit/",
        resource_servers.resource_server_edit,
        name="resource_server_edit",
    ),
    path("security/resource-servers/<int:server_id>/secrets/new/", resource_servers.secret_add, name="secret_add"),
    path(
        "security/resource-servers/<int:server_id>/secrets/<int:secret_id>/remove/",
        resource_servers.secret_remove,
        name="secret_remove",
    ),
    path("security/tokens/", inventory.inventory, name="inventory"),
    path("security/tokens/find/", inventory.token_find, name="token_find"),
    path("security/tokens/<uuid:token_id>/rotate/", token_rotation.token_rotate, name="token_rotate"),
    path("security/tokens/<uuid:replaced_id>/end/", token_rotation.token_end, name="token_end"),
    path("security/tokens/<uuid:token_id>/revoke/", tokens.token_revoke, name="token_revoke"),
    path("security/tokens/<uuid:token_id>/suspend/", token_suspension.token_suspend, name="token_suspend"),
    path("security/tokens/<uuid:token_id>/resume/", token_suspension.token_resume, name="token_resume"),
]
