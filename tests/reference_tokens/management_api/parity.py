"""What programs call for each act of the Instance Manager, or why they have no call for it (API-1, API-3)."""

from __future__ import annotations

RIGHTS = "A person makes and unmakes administrators, and confirms it (API-3)."
PROOFS = "A person decides about the second factors of others, and confirms it (API-3)."
SESSIONS = "A session belongs to a person and a browser; deactivating its person ends it (API-3)."
FILTERS = "A program keeps what it asks for by itself."

APPLICATION, APPLICATIONS = "/applications/{application_id}", "/applications"
SERVER, SERVERS = "/resource-servers/{server_id}", "/resource-servers"
TOKEN, USER, GROUP, WEBHOOK = "/tokens/{token_id}", "/users/{user_id}", "/groups/{group_id}", "/webhooks/{webhook_id}"

# By the address of the page, below /manage/security/.
CALLS: dict[str, tuple[str, ...]] = {
    "audit-log/find/": ("GET /audit-events",),
    # Page by page, and with the same filters.
    "audit-log/export/": ("GET /audit-events",),
    "trusted-apps/new/": (f"POST {APPLICATIONS}",),
    "trusted-apps/<uuid:application_id>/edit/": (f"PATCH {APPLICATION}",),
    "trusted-apps/<uuid:application_id>/tokens/new/": (f"POST {APPLICATION}/tokens",),
    # All of them in one member.
    "trusted-apps/<uuid:application_id>/owners/add/": (f"PATCH {APPLICATION}",),
    "trusted-apps/<uuid:application_id>/owners/<uuid:user_id>/remove/": (f"PATCH {APPLICATION}",),
    "resource-servers/new/": (f"POST {SERVERS}",),
    "resource-servers/<int:server_id>/edit/": (f"PATCH {SERVER}",),
    "resource-servers/<int:server_id>/secrets/new/": (f"POST {SERVER}/secrets",),
    "resource-servers/<int:server_id>/secrets/<int:secret_id>/remove/": (f"DELETE {SERVER}/secrets/{{secret_id}}",),
    "resource-servers/<int:server_id>/applications/add/": (f"PATCH {SERVER}",),
    "resource-servers/<int:server_id>/applications/<uuid:application_id>/remove/": (f"PATCH {SERVER}",),
    "webhooks/new/": ("POST /webhooks",),
    "webhooks/<uuid:webhook_id>/edit/": (f"PATCH {WEBHOOK}",),
    "webhooks/<uuid:webhook_id>/pause/": (f"POST {WEBHOOK}/pause",),
    "webhooks/<uuid:webhook_id>/resume/": (f"POST {WEBHOOK}/resume",),
    "webhooks/<uuid:webhook_id>/delete/": (f"DELETE {WEBHOOK}",),
    "webhooks/<uuid:webhook_id>/secret/": (f"POST {WEBHOOK}/secret",),
    "webhooks/<uuid:webhook_id>/secret/end/": (f"POST {WEBHOOK}/secret/end",),
    "webhooks/<uuid:webhook_id>/test/": (f"POST {WEBHOOK}/test",),
    "webhooks/<uuid:webhook_id>/deliveries/<uuid:message_id>/repeat/": (
        f"POST {WEBHOOK}/deliveries/{{delivery_id}}/repeat",
    ),
    "users/invite/": ("POST /users",),
    "users/new-system-user/": ("POST /users",),
    "users/<uuid:user_id>/edit/": (f"PATCH {USER}",),
    "users/<uuid:user_id>/invite-again/": (f"POST {USER}/invite",),
    # What still runs is in the list of tokens.
    "users/<uuid:user_id>/hand-over/<uuid:token_id>/": ("GET /tokens", f"POST {APPLICATION}/tokens"),
    "users/<uuid:user_id>/deactivate/": (f"POST {USER}/deactivate",),
    "users/<uuid:user_id>/reactivate/": (f"POST {USER}/reactivate",),
    "users/<uuid:user_id>/delete/": (f"DELETE {USER}",),
    "groups/new/": ("POST /groups",),
    "groups/<int:group_id>/edit/": (f"PATCH {GROUP}",),
    "groups/<int:group_id>/delete/": (f"DELETE {GROUP}",),
    "groups/<int:group_id>/members/add/": (f"POST {GROUP}/members",),
    "groups/<int:group_id>/members/<uuid:user_id>/remove/": (f"DELETE {GROUP}/members/{{user_id}}",),
    "tokens/revoke-many/": ("POST /tokens/revocations",),
    "tokens/suspend-many/": ("POST /tokens/suspensions",),
    "tokens/resume-many/": ("POST /tokens/resumptions",),
    "revoke/": ("POST /tokens/revocations",),
    "tokens/shorten-many/": ("POST /tokens/shortenings",),
    # Page by page, and with the same filters.
    "tokens/export/": ("GET /tokens",),
    "tokens/<uuid:token_id>/rename/": (f"PATCH {TOKEN}",),
    "tokens/<uuid:token_id>/rotate/": (f"POST {TOKEN}/rotate",),
    # An old value is a token with an id.
    "tokens/<uuid:replaced_id>/end/": (f"POST {TOKEN}/revoke",),
    "tokens/<uuid:token_id>/revoke/": (f"POST {TOKEN}/revoke",),
    "tokens/<uuid:token_id>/suspend/": (f"POST {TOKEN}/suspend",),
    "tokens/<uuid:token_id>/resume/": (f"POST {TOKEN}/resume",),
    "check-token/": ("POST /tokens/check",),
}
REASONS: dict[str, str] = {
    "users/<uuid:user_id>/make-administrator/": RIGHTS,
    "users/<uuid:user_id>/unmake-administrator/": RIGHTS,
    "users/<uuid:user_id>/reset-second-factors/": PROOFS,
    "users/<uuid:user_id>/devices/end-all/": SESSIONS,
    "users/<uuid:user_id>/devices/<int:device_id>/end/": SESSIONS,
    "tokens/filters/new/": FILTERS,
    "tokens/filters/<int:filter_id>/remove/": FILTERS,
}
