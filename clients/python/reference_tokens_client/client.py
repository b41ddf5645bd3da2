"""The client for code that waits: Django, Flask, programs."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Sequence
from http.client import HTTPException
from types import TracebackType
from typing import Self

from reference_tokens_client import wire
from reference_tokens_client.connections import Connections
from reference_tokens_client.credentials import presented_token
from reference_tokens_client.refusals import Unavailable
from reference_tokens_client.tokens import Token, allowed, is_well_formed


class Client:
    """A Resource Server: its id and secret come from the Instance Manager or `manage.py create_resource_server`.

    One client may be shared by threads; it keeps connections to the service, and no answer.
    """

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
        self._connections = Connections(wire.address_of(base_url), timeout, ssl_context)

    def __repr__(self) -> str:
        return f"Client({self.base_url!r}, {self.client_id!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that are kept."""
        self._connections.close()

    def check(self, headers: Iterable[tuple[str, str]], scopes: str | Iterable[str] = ()) -> Token:
        """The one good token of a request with these headers, with every one of these scopes.

        Raises `Refused` and `Unavailable`, which say what to answer.
        """
        presented = presented_token(headers)
        try:
            return allowed(self.introspect(presented), scopes)
        except Unavailable as error:
            wire.log.warning("A token could not be checked: %s", error)
            raise

    def introspect(self, token: str) -> Token | None:
        """The token, if it is good now and one of this server's; else None. Raises `Unavailable`.

        A text that cannot be a token is None without a request.
        """
        return wire.told_of_one(self._post(wire.INTROSPECT, [token])) if is_well_formed(token) else None

    def introspect_many(self, tokens: Sequence[str]) -> list[Token | None]:
        """What `introspect` tells of each, in their order, with one request for each 100. Raises `Unavailable`."""
        told: dict[str, Token | None] = {}
        for portion in wire.askable(tokens):
            told |= wire.told_of_many(self._post(wire.INTROSPECT_MANY, portion), portion)
        return [told.get(token) for token in tokens]

    def revoke(self, token: str) -> None:
        """Revoke a token of this server's applications, with its old values.

        Says nothing of whether there was one. Raises `NotAllowed` and `Unavailable`.
        """
        if is_well_formed(token):
            wire.require_revoked(self._post(wire.REVOKE, [token]))

    def _post(self, path: str, tokens: Sequence[str]) -> wire.Answer:
        try:
            return self._connections.request("POST", path, wire.form_of(tokens), self._headers)
        except (OSError, HTTPException) as error:
            raise Unavailable(f"no answer: {type(error).__name__}") from None
