"""What the Instance Manager brings to the shared pages about tokens: an administrator acts on every token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.audit.record import Source
from accounts.http import SignedInRequest, page_behind, query_of
from instance_manager.addresses import application_url, inventory_url
from instance_manager.pages import MANAGE
from instance_manager.tokens.lists import (
    INVENTORY_LINKS,
    application_section,
    inventory_section,
    user_of_page,
    user_section,
)
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.token_site import TokenSite

if TYPE_CHECKING:
    import uuid
    from datetime import datetime


def list_behind(
    request: SignedInRequest, token: ReferenceToken, now: datetime, new_id: uuid.UUID | None = None
) -> dict[str, Any]:
    """The list over which a dialog stands, as it is now; else that of the token's application."""
    path = page_behind(request).path
    if path == inventory_url():
        return inventory_section(request.user, {} if new_id else query_of(request, path), now, new_id)
    if user := user_of_page(path):
        return user_section(user, {} if new_id else query_of(request, path), now, new_id)
    query = {} if new_id else query_of(request, application_url(token.application_id))
    return application_section(token.application, query, now, new_id)


ALL_TOKENS = TokenSite(
    site=MANAGE,
    source=Source.MANAGE,
    links=INVENTORY_LINKS,
    tokens=lambda _request: ReferenceToken.objects.all(),
    list_url=lambda token: application_url(token.application_id),
    list_context=list_behind,
    check="manage:token_check",
)
