"""For FastAPI: a dependency, which also stands in the OpenAPI document as a Bearer token."""

from __future__ import annotations

from collections.abc import Awaitable
from inspect import isawaitable
from typing import TYPE_CHECKING

from fastapi import HTTPException, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase

from reference_tokens_client import BehindProxy, Refused, Token, Unavailable

if TYPE_CHECKING:
    from reference_tokens_client.async_client import AsyncClient


class ReferenceTokens(SecurityBase):
    """The good token of the request, with the scopes that the path names: `Security(tokens, scopes=["read"])`."""

    def __init__(self, checker: AsyncClient | BehindProxy) -> None:
        self._checker = checker
        self.model = HTTPBearer()
        self.scheme_name = type(self).__name__

    async def __call__(self, request: Request, required: SecurityScopes) -> Token:
        """The token; raises `HTTPException` with what to answer."""
        try:
            told: Token | Awaitable[Token] = self._checker.check(request.headers.items(), required.scopes)
            return await told if isawaitable(told) else told
        except (Refused, Unavailable) as refusal:
            raise HTTPException(refusal.status, refusal.body["error"], refusal.headers) from None
