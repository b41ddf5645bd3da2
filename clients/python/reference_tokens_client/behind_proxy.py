"""For an API behind a proxy that asks forward auth: reads the `X-Auth-…` headers that the proxy sets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from reference_tokens_client.refusals import Refused
from reference_tokens_client.tokens import Token, allowed

PREFIX = "x-auth-"
NAMES = {"token-id", "kind", "subject", "username", "client-id", "scope", "expires"}
EXPIRES = re.compile(r"never|[0-9]{1,12}")


class BehindProxy:
    """Believes the proxy. Only where no way to the API leads past it, and it removes the client's own `X-Auth-…`."""

    def check(self, headers: Iterable[tuple[str, str]], scopes: str | Iterable[str] = ()) -> Token:
        """The token that the proxy let through, with every required scope.

        Raises `Refused`, with 401 where the request did not come by way of the proxy, or has one of its headers twice:
        a server joins those with a comma, which none of the proxy's own holds.
        """
        sent = [
            (name.lower().removeprefix(PREFIX), value) for name, value in headers if name.lower().startswith(PREFIX)
        ]
        told = {name: value for name, value in sent if name in NAMES}
        is_whole = told.keys() == NAMES and len(told) == sum(name in NAMES for name, _value in sent)
        expires = told.get("expires", "")
        if not is_whole or "," in "".join(told.values()) or not EXPIRES.fullmatch(expires):
            raise Refused(401)
        token = Token(
            id=told["token-id"],
            kind=told["kind"],
            subject=told["subject"],
            username=unquote(told["username"]),
            application=told["client-id"],
            scopes=frozenset(told["scope"].split()),
            expires_at=None if expires == "never" else int(expires),
        )
        return allowed(token, scopes)
