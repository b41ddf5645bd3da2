"""For Flask: a decorator for views."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, current_app, g, jsonify, request

from reference_tokens_client import BehindProxy, Client, Refused, Token, Unavailable

View = TypeVar("View", bound=Callable[..., Any])


class ReferenceTokens:
    """Guards views: `tokens = ReferenceTokens(Client(…))`, then `@tokens.required("read")` below the route."""

    def __init__(self, checker: Client | BehindProxy) -> None:
        self._checker = checker

    def required(self, *scopes: str) -> Callable[[View], View]:
        """Let a request reach the view only with one good token with these scopes, which `current_token()` tells."""

        def decorate(view: View) -> View:
            @wraps(view)
            def answer(*arguments: Any, **named: Any) -> Any:
                try:
                    g.reference_token = self._checker.check(request.headers.items(), scopes)
                except (Refused, Unavailable) as refusal:
                    return _answer_of(refusal)
                return current_app.ensure_sync(view)(*arguments, **named)

            return cast("View", answer)

        return decorate


def current_token() -> Token:
    """The good token of the request that is answered."""
    return cast("Token", g.reference_token)


def _answer_of(refusal: Refused | Unavailable) -> Response:
    answer = jsonify(refusal.body)
    answer.status_code = refusal.status
    answer.headers.update(refusal.headers)
    return answer
