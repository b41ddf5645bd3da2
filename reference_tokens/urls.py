"""The machine addresses. They are matched literally, by `MachineEndpointMiddleware`, before anything of the sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_tokens import views

if TYPE_CHECKING:
    from reference_tokens.machine_http import MachineView

# No slash is added, no prefix resolved: an address is exactly one of these.
MACHINE_ENDPOINTS: dict[str, MachineView] = {
    "/oauth/introspect": views.introspect,
}
# Below these, an address that is none of the above is a JSON 404, never a page of the sites.
MACHINE_PREFIXES = ("/oauth/",)
