"""The machine addresses. They are matched literally, before anything of the sites sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_tokens.endpoints import (
    forward_auth,
    health,
    leak_lookup,
    leaks,
    metadata,
    openapi,
    self_rotation,
    self_service,
)
from reference_tokens.endpoints import oauth as views
from reference_tokens.endpoints.metrics.view import metrics

if TYPE_CHECKING:
    from reference_tokens.endpoints.http import MachineView

# No slash is added, no prefix resolved: an address is exactly one of these.
ENDPOINTS: dict[str, MachineView] = {
    "/oauth/introspect": views.introspect,
    "/oauth/introspect/batch": views.introspect_many,
    "/oauth/revoke": views.revoke,
    "/.well-known/oauth-authorization-server": metadata.authorization_server_metadata,
    "/.well-known/openid-configuration": metadata.authorization_server_metadata,
    "/healthz": health.healthz,
    "/readyz": health.readyz,
    "/metrics": metrics,
    "/api/token": self_service.token_self,
    "/api/token/rotate": self_rotation.token_rotate,
    "/api/openapi.json": openapi.openapi,
    "/leaks/revoke": leaks.revoke,
    "/leaks/github": leaks.github,
    "/leaks/lookup": leak_lookup.lookup,
}
# Whatever starts so is forward auth, so that no odd byte in a path escapes it.
FORWARD_AUTH_PREFIXES = (forward_auth.UNBOUND_PREFIX, forward_auth.BOUND_PREFIX)
# Not answered here, but behind: a library of its own knows its addresses.
MANAGEMENT_PREFIX = "/api/v1/"
# Below these, what is none of the above is a JSON 404, never a page of the sites.
PREFIXES = ("/oauth/", "/api/", "/auth/", "/.well-known/", "/leaks/")
# Those that read a body, and whose caller the head of a request names: what refuses the caller before the body is read.
HEAD_CHECKS: dict[str, MachineView] = {
    "/oauth/introspect": views.head_of_a_caller,
    "/oauth/introspect/batch": views.head_of_a_caller,
    "/oauth/revoke": views.head_of_a_caller,
    "/api/token/rotate": self_rotation.head_of_a_holder,
}
# Those that only read, and no more than a few rows, at these methods; forward auth does so at every method.
READING = {("/oauth/introspect", "POST"), ("/api/token", "GET")}


def head_check(path: str) -> MachineView | None:
    """What may refuse a request for its head alone; None where there is nothing to ask."""
    return HEAD_CHECKS.get(path)


def machine_view(path: str) -> MachineView | None:
    """The machine endpoint at this path, or None where the path belongs to the sites or the management API."""
    if view := ENDPOINTS.get(path):
        return view
    if path.startswith(FORWARD_AUTH_PREFIXES):
        return forward_auth.forward_auth
    if path.startswith(MANAGEMENT_PREFIX):
        return None
    return views.not_found if path.startswith(PREFIXES) else None


def only_reads(path: str, method: str) -> bool:
    """Whether a request is answered by reading a few rows: it waits for no lock, and is no long work."""
    return (path, method) in READING or path.startswith(FORWARD_AUTH_PREFIXES)
