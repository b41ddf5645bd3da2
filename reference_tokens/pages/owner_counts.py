"""How many of the tokens in question each owner has, as a question or a form shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from reference_tokens.models import ReferenceToken

if TYPE_CHECKING:
    from reference_tokens.lifecycle.selection import OwnerCount


def owner_count_row(owner: OwnerCount, list_url: str) -> dict[str, Any]:
    """How many tokens of a kind somebody has, and where they are listed."""
    if not owner.kind:
        return {"count": owner.count, "label": _("Access tokens, other owners"), "url": ""}
    filters = {"kind": owner.kind} | ({"owner": owner.username} if owner.username else {})
    name = f"{owner.name} ({owner.username})" if owner.name else owner.username or _("the application itself")
    return {
        "count": owner.count,
        "label": f"{ReferenceToken.Kind(owner.kind).label}, {name}",
        "url": f"{list_url}?{urlencode(filters)}",
    }
