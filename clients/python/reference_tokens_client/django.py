"""For Django: a middleware for all that lies below some paths, and a decorator for single views.

    REFERENCE_TOKENS = {
        "BASE_URL": "https://tokens.example.com",
        "CLIENT_ID": "rs_0123456789abcdef0123",
        "CLIENT_SECRET": os.environ["REFERENCE_TOKENS_SECRET"],
        "PATHS": ["/api/"],
        "SCOPES": "read",
    }

`PATHS` and `SCOPES` are for the middleware; without paths it guards every address. Instead of the first three,
`"BEHIND_PROXY": True` believes the headers of a proxy in front.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from reference_tokens_client import BehindProxy, Client, Refused, Token, Unavailable
from reference_tokens_client.tokens import allowed

View = TypeVar("View", bound=Callable[..., Any])
KEYS = {"BASE_URL", "CLIENT_ID", "CLIENT_SECRET", "TIMEOUT", "BEHIND_PROXY", "PATHS", "SCOPES"}


def token_of(request: HttpRequest) -> Token:
    """The good token of a request that was let in."""
    return cast("Token", request.reference_token)  # type: ignore[attr-defined] # laid here by `refusal_of`


class ReferenceTokenMiddleware:
    """Lets nothing below the paths in but with one good token with the scopes, which `token_of(request)` tells.

    Views below it that take a POST are `csrf_exempt`: browsers do not send tokens by themselves.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        checker()  # what is wrong with the settings is said at the start
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """What the view answers, or a refusal."""
        options = given()
        if not request.path_info.startswith(tuple(options.get("PATHS", ["/"]))):
            return self.get_response(request)
        return refusal_of(request, options.get("SCOPES", "")) or self.get_response(request)


def token_required(*scopes: str) -> Callable[[View], View]:
    """Let a request reach the view only with one good token with these scopes; the view may be asynchronous."""

    def decorate(view: View) -> View:
        if iscoroutinefunction(view):
            is_refused = sync_to_async(refusal_of, thread_sensitive=False)

            @wraps(view)
            async def answer_later(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
                return await is_refused(request, scopes) or await view(request, *arguments, **named)

            return cast("View", csrf_exempt(answer_later))

        @wraps(view)
        def answer(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
            return refusal_of(request, scopes) or view(request, *arguments, **named)

        return cast("View", csrf_exempt(answer))

    return decorate


def refusal_of(request: HttpRequest, scopes: str | Iterable[str]) -> JsonResponse | None:
    """What to answer a request that is not let in; None for one that is. The token is asked about once a request."""
    try:
        known = getattr(request, "reference_token", None)
        token = allowed(known, scopes) if known else checker().check(request.headers.items(), scopes)
    except (Refused, Unavailable) as refusal:
        return JsonResponse(refusal.body, status=refusal.status, headers=refusal.headers)
    request.reference_token = token  # type: ignore[attr-defined] # read by `token_of`
    return None


def given() -> dict[str, Any]:
    """The settings."""
    return dict(getattr(settings, "REFERENCE_TOKENS", {}))


@cache
def checker() -> Client | BehindProxy:
    """What the settings say is asked about tokens; one for the whole process."""
    options = given()
    if options.keys() - KEYS:
        raise ImproperlyConfigured(f"REFERENCE_TOKENS has no {', '.join(sorted(options.keys() - KEYS))}")
    if options.get("BEHIND_PROXY"):
        return BehindProxy()
    more = {"timeout": options["TIMEOUT"]} if "TIMEOUT" in options else {}
    try:
        return Client(options["BASE_URL"], options["CLIENT_ID"], options["CLIENT_SECRET"], **more)
    except (KeyError, ValueError) as error:
        raise ImproperlyConfigured(f"REFERENCE_TOKENS: {error}") from None


def _forget(*, setting: str, **_more: object) -> None:
    """Tests change settings."""
    if setting == "REFERENCE_TOKENS":
        checker.cache_clear()


setting_changed.connect(_forget)
