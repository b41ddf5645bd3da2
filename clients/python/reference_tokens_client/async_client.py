"""The client for asynchronous code, on httpx2: `pip install "reference-tokens-client[async]"`."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self

import httpx2

from reference_tokens_client import wire
from reference_tokens_client.credentials import presented_token
from reference_tokens_client.refusals import Unavailable
from reference_tokens_client.tokens import Token, allowed, is_well_formed


class AsyncClient:
    """As `Client`, with the same arguments. It belongs to one event loop; `aclose()` it when the loop ends."""

    def __init__(
        self,
        base_url: str,
        client_id: str,
        client_secret: str,
        timeout: float = wire.TIMEOUT,
        *,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        """The timeout is in seconds. A context says which authorities are trusted; by default the system's are."""
        self.base_url = base_url
        self.client_id = client_id
        self._headers = wire.headers_of(client_id, client_secret)
        is_secure = wire.address_of(base_url).is_secure
        self._http = httpx2.AsyncClient(
            base_url=base_url,
            timeout=timeout,
            verify=(ssl_context or ssl.create_default_context()) if is_secure else False,
            limits=httpx2.Limits(keepalive_expiry=wire.IDLE_SECONDS),
            trust_env=False,
        )

    def __repr__(self) -> str:
        return f"AsyncClient({self.base_url!r}, {self.client_id!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections that are kept; nothing can be asked any more."""
        await self._http.aclose()

    async def check(self, headers: Iterable[tuple[str, str]], scopes: str | Iterable[str] = ()) -> Token:
        """The one good token of a request with these headers, with every one of these scopes.

        Raises `Refused` and `Unavailable`, which say what to answer.
        """
        presented = presented_token(headers)
        try:
            return allowed(await self.introspect(presented), scopes)
        except Unavailable as error:
            wire.log.warning("A token could not be checked: %s", error)
            raise

    async def introspect(self, token: str) -> Token | None:
        """The token, if it is good now and one of this server's; else None. Raises `Unavailable`.

        A text that cannot be a token is None without a request.
        """
        return wire.told_of_one(await self._post(wire.INTROSPECT, [token])) if is_well_formed(token) else None

    async def introspect_many(self, tokens: Sequence[str]) -> list[Token | None]:
        """What `introspect` tells of each, in their order, with one request for each 100. Raises `Unavailable`."""
        told: dict[str, Token | None] = {}
        for portion in wire.askable(tokens):
            told |= wire.told_of_many(await self._post(wire.INTROSPECT_MANY, portion), portion)
        return [told.get(token) for token in tokens]

    async def revoke(self, token: str) -> None:
        """Revoke a token of this server's applications, with its old values.

        Says nothing of whether there was one. Raises `NotAllowed` and `Unavailable`.
        """
        if is_well_formed(token):
            wire.require_revoked(await self._post(wire.REVOKE, [token]))

    async def _post(self, path: str, tokens: Sequence[str]) -> wire.Answer:
        try:
            try:
                return await self._answer(path, tokens)
            except httpx2.ConnectError:
                # It cannot have reached the service.
                return await self._answer(path, tokens)
        except httpx2.HTTPError as error:
            raise Unavailable(f"no answer: {type(error).__name__}") from None

    async def _answer(self, path: str, tokens: Sequence[str]) -> wire.Answer:
        request = self._http.stream("POST", path, content=wire.form_of(tokens), headers=self._headers)
        async with request as response:
            body = b""
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > wire.MOST_BYTES:
                    break
            return wire.Answer(response.status_code, response.headers, body)
