"""The machine addresses. They are matched literally, by `MachineEndpointMiddleware`, before anything of the sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_tokens import forward_auth, self_service, views

if TYPE_CHECKING:
    from reference_tokens.machine_http import MachineView

# No slash is added, no prefix resolved: an address is exactly one of these.
ENDPOINTS: dict[str, MachineView] = {
    "/oauth/introspect": views.introspect,
    "/api/token": self_service.token_self,
}
# Whatever starts so is forward auth, so that no odd byte in a path escapes it.
FORWARD_AUTH_PREFIXES = (forward_auth.UNBOUND_PREFIX, forward_auth.BOUND_PREFIX)
# Below these, what is none of the above is a JSON 404, never a page of the sites.
PREFIXES = ("/oauth/", "/api/", "/auth/")


def machine_view(path: str) -> MachineView | None:
    """The machine endpoint at this path, or None where the path belongs to the sites."""
    if not path.startswith(PREFIXES):
        return None
    if path.startswith(FORWARD_AUTH_PREFIXES):
        return forward_auth.forward_auth
    return ENDPOINTS.get(path, views.not_found)
