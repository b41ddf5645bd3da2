"""`/tokens`: every token of the instance."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from ninja import Query, Router

from reference_tokens.management_api.authentication import READ
from reference_tokens.management_api.paging import Page, Paging
from reference_tokens.management_api.requests import Request
from reference_tokens.management_api.resources.token_lists import (
    InventoryQuery,
    Ordered,
    filters_of_query,
    page_of_tokens,
)
from reference_tokens.management_api.resources.token_members import TokenMembers
from reference_tokens.models import ReferenceToken

router = Router(tags=["tokens"])


@router.get("", auth=READ, response=Page[TokenMembers], summary="List tokens")
def list_tokens(
    request: Request, response: HttpResponse, query: Query[InventoryQuery], order: Query[Ordered], paging: Query[Paging]
) -> dict[str, Any]:
    """Every token of the instance, narrowed and ordered as on the page of all tokens."""
    filters = filters_of_query(query, order.sort)
    return page_of_tokens(request, response, ReferenceToken.objects.all(), filters, paging)
