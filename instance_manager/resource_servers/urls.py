"""The addresses of Resource Servers, below security/resource-servers/."""

from __future__ import annotations

from django.urls import path

from instance_manager.resource_servers import applications, detail, editing, listing, secrets

urlpatterns = [
    path("", listing.resource_server_list, name="resource_server_list"),
    path("new/", editing.resource_server_create, name="resource_server_create"),
    path("<int:server_id>/", detail.resource_server_detail, name="resource_server_detail"),
    path("<int:server_id>/edit/", editing.resource_server_edit, name="resource_server_edit"),
    path("<int:server_id>/applications/", applications.server_applications, name="server_applications"),
    path("<int:server_id>/applications/add/", applications.server_application_add, name="server_application_add"),
    path(
        "<int:server_id>/applications/<uuid:application_id>/remove/",
        applications.server_application_remove,
        name="server_application_remove",
    ),
    path("<int:server_id>/secrets/new/", secrets.secret_add, name="secret_add"),
    path("<int:server_id>/secrets/<int:secret_id>/remove/", secrets.secret_remove, name="secret_remove"),
]
