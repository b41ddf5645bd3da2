"""Known browsers: an account was signed in there, so that guesses from many other networks do not hold them up.

OWASP calls this "device cookies": a browser keeps one key for each of its accounts. The key opens nothing: it only
tells which failures are counted together.
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.utils.crypto import salted_hmac

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from accounts.models import User

# Browsers keep no cookie longer (RFC 6265bis §5.5).
LIFETIME_SECONDS = 400 * 24 * 3600
# A browser keeps keys for the accounts that signed in last.
MOST_ACCOUNTS = 5
KEY_SEPARATOR = "~"


def cookie_name() -> str:
    """The name of the cookie; in production it has the prefix with which no other host can set it."""
    return "__Host-browser" if settings.IS_PRODUCTION else "browser"


def key_of_browser(request: HttpRequest, user: User | None) -> str:
    """The name under which the account knows this browser; empty where it does not."""
    if user is None:
        return ""
    keys = keys_in(request)
    return next((name for name, proof in keys if is_proof(proof, name, user)), "")


def keys_in(request: HttpRequest) -> list[tuple[str, str]]:
    """The keys that the browser sends, each with its proof; none is checked yet."""
    parts = request.COOKIES.get(cookie_name(), "").split(KEY_SEPARATOR)[:MOST_ACCOUNTS]
    return [(name, proof) for name, point, proof in (part.partition(".") for part in parts) if point]


def is_proof(proof: str, name: str, user: User) -> bool:
    """Whether this instance gave the key to a browser of the account, under its secret key or an older one."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(hmac.compare_digest(proof.encode(), proof_of(name, user, key).encode()) for key in keys)


def proof_of(name: str, user: User, secret: str) -> str:
    """The proof of a key. A new password ends it: a browser that knew the old one is unknown again."""
    return salted_hmac(
        "accounts.familiar_browsers", f"{name} {user.pk} {user.password}", secret=secret, algorithm="sha256"
    ).hexdigest()


def remember_browser(request: HttpRequest, user: User) -> None:
    """Let the account know this browser from the answer on: the person has shown here who they are."""
    cast("Any", request).browser_known_to = user


class KnownBrowserMiddleware:
    """Give a browser the key of the account that has just come to know it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer."""
        response = self.get_response(request)
        user: User | None = getattr(request, "browser_known_to", None)
        if user is not None:
            response.set_cookie(
                cookie_name(),
                value_with(request, user),
                max_age=LIFETIME_SECONDS,
                secure=settings.IS_PRODUCTION,
                httponly=True,
                samesite="Lax",
            )
        return response


def value_with(request: HttpRequest, user: User) -> str:
    """The keys of this browser, this account's first."""
    name = key_of_browser(request, user) or secrets.token_urlsafe(16)
    others = [key for key in keys_in(request) if key[0] != name]
    keys = [(name, proof_of(name, user, settings.SECRET_KEY)), *others][:MOST_ACCOUNTS]
    return KEY_SEPARATOR.join(".".join(key) for key in keys)
