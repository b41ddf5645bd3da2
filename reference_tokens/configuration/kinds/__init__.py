"""The sections of a file: one module for each kind of thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reference_tokens.configuration.kinds.applications import Applications
from reference_tokens.configuration.kinds.groups import Groups
from reference_tokens.configuration.kinds.resource_servers import ResourceServers
from reference_tokens.configuration.kinds.scopes import Scopes
from reference_tokens.configuration.kinds.system_users import SystemUsers
from reference_tokens.configuration.kinds.webhooks import Webhooks

if TYPE_CHECKING:
    from reference_tokens.configuration.kinds.kind import Kind

# In the order in which they are put: what a section names may stand in one before it.
KINDS: tuple[Kind[Any], ...] = (Scopes(), SystemUsers(), Groups(), Applications(), ResourceServers(), Webhooks())
