"""A session as a sign-in begins it, without the form."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from accounts.allauth_internals import record_proof
from accounts.models import User
from accounts.sessions.devices import note_seen
from accounts.sessions.record import SIGNED_IN_AT

if TYPE_CHECKING:
    from accounts.http import SignedInRequest


def begun(client: Client, user: User, *, by_factor: bool = False) -> HttpRequest:
    """The request that signs the client in with the password, and with a second factor beside it."""
    client.force_login(user)
    request = HttpRequest()
    request.session = client.session
    record_proof(request, user, "password", username=user.username)
    if by_factor:
        record_proof(request, user, "mfa", type="totp")
    return request


def keep(request: HttpRequest, user: User) -> None:
    """Keep the session that the request has begun, as the first page does."""
    request.session[SIGNED_IN_AT] = int(time.time())
    request.user, request.META = user, {"REMOTE_ADDR": "127.0.0.1"}
    note_seen(cast("SignedInRequest", request), now=timezone.now())
    request.session.save()
