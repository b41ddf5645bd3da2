"""Links in mails that work once: only the digest of the key is stored, and the key does not stay in the address.

The link leads on to a page without the key in its address, so that no history, screenshot or `Referer` keeps it. In
between, the session holds the digest.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from accounts.models import User
from accounts.sessions.devices import renew_session

if TYPE_CHECKING:
    from django.http import HttpRequest


def new_key() -> str:
    """The key of a link: 256 random bits."""
    return secrets.token_urlsafe(32)


def link_digest(key: str) -> bytes:
    """The stored digest of a link's key; a fast hash is enough for 256 random bits."""
    return hashlib.sha256(key.encode()).digest()


def remember_link(request: HttpRequest, purpose: str, digest: bytes) -> None:
    """Let this browser's session open what the link opens.

    The session gets another id: an attacker who planted the old one would hold the link as well.
    """
    if isinstance(request.user, User):
        renew_session(request, request.user)
    else:
        request.session.cycle_key()
    request.session[purpose] = digest.hex()


def remembered_link(request: HttpRequest, purpose: str) -> bytes:
    """The digest of the link that was opened in this browser; empty where there was none."""
    return bytes.fromhex(request.session.get(purpose, ""))
