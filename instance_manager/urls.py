"""The addresses of the Instance Manager."""

from __future__ import annotations

from django.urls import path

from instance_manager import choices, home
from instance_manager.applications import detail as application_detail
from instance_manager.applications import editing as application_editing
from instance_manager.applications import listing as application_list
from instance_manager.applications import owners as application_owners
from instance_manager.groups import deletion as group_deletion
from instance_manager.groups import editing as group_editing
from instance_manager.groups import listing as group_list
from instance_manager.groups import members as group_members
from instance_manager.resource_servers import applications as resource_server_applications
from instance_manager.resource_servers import detail as resource_server_detail
from instance_manager.resource_servers import editing as resource_server_editing
from instance_manager.resource_servers import listing as resource_server_list
from instance_manager.resource_servers import secrets as resource_server_secrets
from instance_manager.tokens import creation as token_creation
from instance_manager.tokens import export as token_export
from instance_manager.tokens import inventory
from instance_manager.tokens import many as many_tokens
from instance_manager.tokens import pages as tokens
from instance_manager.tokens import suspension as token_suspension
from instance_manager.users import detail as user_detail
from instance_manager.users import devices as user_devices
from instance_manager.users import editing as user_editing
from instance_manager.users import factors as user_factors
from instance_manager.users import invitations, system_users
from instance_manager.users import listing as user_list
from instance_manager.users import offboarding as user_offboarding
from instance_manager.users import rights as user_rights

app_name = "manage"
urlpatterns = [
    path("", home.home, name="home"),
    *[
        path(f"choices/{what}/", choices.choice_list, {"what": what}, name=f"choices_{what}")
        for what in choices.CHOICE_FIELDS
    ],
    path("security/trusted-apps/", application_list.application_list, name="application_list"),
    path("security/trusted-apps/new/", application_editing.application_create, name="application_create"),
    path(
        "security/trusted-apps/<uuid:application_id>/", application_detail.application_detail, name="application_detail"
    ),
    path(
        "security/trusted-apps/<uuid:application_id>/edit/",
        application_editing.application_edit,
        name="application_edit",
    ),
    path(
        "security/trusted-apps/<uuid:application_id>/owners/",
        application_owners.application_owners,
        name="application_owners",
    ),
    path(
        "security/trusted-apps/<uuid:application_id>/owners/add/",
        application_owners.application_owner_add,
        name="application_owner_add",
    ),
    path(
        "security/trusted-apps/<uuid:application_id>/owners/<uuid:user_id>/remove/",
        application_owners.application_owner_remove,
        name="application_owner_remove",
    ),
    path("security/trusted-apps/<uuid:application_id>/tokens/new/", token_creation.token_create, name="token_create"),
    path("security/resource-servers/", resource_server_list.resource_server_list, name="resource_server_list"),
    path(
        "security/resource-servers/new/", resource_server_editing.resource_server_create, name="resource_server_create"
    ),
    path(
        "security/resource-servers/<int:server_id>/",
        resource_server_detail.resource_server_detail,
        name="resource_server_detail",
    ),
    path(
        "security/resource-servers/<int:server_id>/edit/",
        resource_server_editing.resource_server_edit,
        name="resource_server_edit",
    ),
    path(
        "security/resource-servers/<int:server_id>/applications/",
        resource_server_applications.server_applications,
        name="server_applications",
    ),
    path(
        "security/resource-servers/<int:server_id>/applications/add/",
        resource_server_applications.server_application_add,
        name="server_application_add",
    ),
    path(
        "security/resource-servers/<int:server_id>/applications/<uuid:application_id>/remove/",
        resource_server_applications.server_application_remove,
        name="server_application_remove",
    ),
    path(
        "security/resource-servers/<int:server_id>/secrets/new/", resource_server_secrets.secret_add, name="secret_add"
    ),
    path(
        "security/resource-servers/<int:server_id>/secrets/<int:secret_id>/remove/",
        resource_server_secrets.secret_remove,
        name="secret_remove",
    ),
    path("security/users/", user_list.user_list, name="user_list"),
    path("security/users/invite/", invitations.user_invite, name="user_invite"),
    path("security/users/new-system-user/", system_users.system_user_create, name="system_user_create"),
    path("security/users/<uuid:user_id>/", user_detail.user_detail, name="user_detail"),
    path("security/users/<uuid:user_id>/edit/", user_editing.user_edit, name="user_edit"),
    path("security/users/<uuid:user_id>/invite-again/", invitations.user_invite_again, name="user_invite_again"),
    path(
        "security/users/<uuid:user_id>/make-administrator/", user_rights.administrator_make, name="administrator_make"
    ),
    path(
        "security/users/<uuid:user_id>/unmake-administrator/",
        user_rights.administrator_unmake,
        name="administrator_unmake",
    ),
    path("security/users/<uuid:user_id>/reset-second-factors/", user_factors.factors_reset, name="factors_reset"),
    path("security/users/<uuid:user_id>/deactivate/", user_offboarding.user_deactivate, name="user_deactivate"),
    path("security/users/<uuid:user_id>/reactivate/", user_offboarding.user_reactivate, name="user_reactivate"),
    path("security/users/<uuid:user_id>/delete/", user_offboarding.user_delete, name="user_delete"),
    path("security/users/<uuid:user_id>/devices/end-all/", user_devices.device_end_all, name="device_end_all"),
    path("security/users/<uuid:user_id>/devices/<int:device_id>/end/", user_devices.device_end, name="device_end"),
    path("security/groups/", group_list.group_list, name="group_list"),
    path("security/groups/new/", group_editing.group_create, name="group_create"),
    path("security/groups/<int:group_id>/", group_members.group_detail, name="group_detail"),
    path("security/groups/<int:group_id>/edit/", group_editing.group_edit, name="group_edit"),
    path("security/groups/<int:group_id>/delete/", group_deletion.group_delete, name="group_delete"),
    path("security/groups/<int:group_id>/members/add/", group_members.member_add, name="member_add"),
    path(
        "security/groups/<int:group_id>/members/<uuid:user_id>/remove/",
        group_members.member_remove,
        name="member_remove",
    ),
    path("security/tokens/", inventory.inventory, name="inventory"),
    path("security/tokens/revoke-many/", many_tokens.tokens_revoke, name="tokens_revoke"),
    path("security/tokens/suspend-many/", many_tokens.tokens_suspend, name="tokens_suspend"),
    path("security/tokens/export/", token_export.token_export, name="token_export"),
    path("security/tokens/find/", inventory.token_find, name="token_find"),
    path("security/tokens/<uuid:token_id>/", tokens.token_detail, name="token_detail"),
    path("security/tokens/<uuid:token_id>/rotate/", tokens.token_rotate, name="token_rotate"),
    path("security/tokens/<uuid:replaced_id>/end/", tokens.token_end, name="token_end"),
    path("security/tokens/<uuid:token_id>/revoke/", tokens.token_revoke, name="token_revoke"),
    path("security/tokens/<uuid:token_id>/suspend/", token_suspension.token_suspend, name="token_suspend"),
    path("security/tokens/<uuid:token_id>/resume/", token_suspension.token_resume, name="token_resume"),
]
