"""FastAPI, with `reference_tokens_client.py` of docs/examples/ beside this file."""

import os
from typing import Annotated

from fastapi import FastAPI, HTTPException, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from reference_tokens_client import Client, Token, Unavailable

client = Client("https://tokens.example.com", "rs_0123456789abcdef0123", os.environ["REFERENCE_TOKENS_SECRET"])
bearer = HTTPBearer(auto_error=False)


# Not async: FastAPI runs it in a thread, where it may wait for the answer.
def reference_token(
    required: SecurityScopes, presented: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]
) -> Token:
    """The good token of the request, with every required scope."""
    if presented is None:
        raise HTTPException(401, headers={"WWW-Authenticate": 'Bearer realm="api"'})
    try:
        token = client.introspect(presented.credentials)
    except Unavailable:
        raise HTTPException(503, headers={"Retry-After": "5"}) from None
    if token is None:
        raise HTTPException(401, headers={"WWW-Authenticate": 'Bearer realm="api", error="invalid_token"'})
    if not token.scopes.issuperset(required.scopes):
        challenge = f'Bearer realm="api", error="insufficient_scope", scope="{required.scope_str}"'
        raise HTTPException(403, headers={"WWW-Authenticate": challenge})
    return token


app = FastAPI()


@app.get("/orders")
def orders(token: Annotated[Token, Security(reference_token, scopes=["read"])]) -> dict[str, str]:
    """What the holder of the token may see."""
    return {"username": token.username}
