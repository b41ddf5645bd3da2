"""The small API in FastAPI, which reads annotations of local names as they are: not put off."""

from typing import Annotated

import fastapi
from reference_tokens_client import BehindProxy, Token
from reference_tokens_client.async_client import AsyncClient
from reference_tokens_client.fastapi import ReferenceTokens


def fastapi_app(checker: AsyncClient | BehindProxy, *scopes: str) -> fastapi.FastAPI:
    app = fastapi.FastAPI()
    tokens = ReferenceTokens(checker)

    @app.get("/orders")
    async def orders(token: Annotated[Token, fastapi.Security(tokens, scopes=list(scopes))]) -> dict[str, str]:
        return {"username": token.username}

    return app
