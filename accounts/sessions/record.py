"""The audit entries of sign-ins, sign-outs and refusals (AUD-1), and since when a session lives."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from allauth.account.authentication import get_authentication_records
from django.db import transaction
from django.utils import timezone

from accounts.audit.record import Actor, Source, Target, record_event
from accounts.events import Event, count
from accounts.http import client_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

    from accounts.models import User

logger = logging.getLogger(__name__)

# The key under which a session keeps when its person signed in, in seconds since 1970.
SIGNED_IN_AT = "signed_in_at"
# However often it is used, a session lives no longer (PEO-3).
LONGEST_SESSION = timedelta(days=14)


def record_sign_in(request: HttpRequest, user: User) -> None:
    """Note that the person signed in, and the proofs that they showed in this session, in that order."""
    request.session[SIGNED_IN_AT] = int(time.time())
    methods = [str(proof.get("type", proof["method"])) for proof in get_authentication_records(request, user)]
    record_session_event(
        Actor.person(user, Source.PROFILE, address=client_address(request)), "user:sign_in", user, methods=methods
    )


def record_sign_out(request: HttpRequest, user: User) -> None:
    """Note that the person signed out."""
    record_session_event(Actor.person(user, Source.PROFILE, address=client_address(request)), "user:sign_out", user)


def record_refused_sign_in(request: HttpRequest, user: User | None, method: str) -> None:
    """Note that somebody was refused; a name that belongs to nobody is not kept.

    People type passwords in its place.
    """
    event = Event.SECOND_FACTOR_FAILED if method == "code" else Event.SIGN_IN_FAILED
    tell(event, request, f"a sign-in was refused: {method}")
    record_session_event(
        Actor(Source.PROFILE, "anonymous", address=client_address(request)), "user:sign_in_failed", user, method=method
    )


def record_limited_attempts(request: HttpRequest, *, limit: str, refused: int) -> None:
    """Note the first attempt that was one too many, and the 10th, 100th and so on: not one entry each."""
    tell(Event.ATTEMPTS_LIMITED, request, f"too many attempts: {limit}")
    if is_power_of_ten(refused):
        actor = Actor(Source.PROFILE, "anonymous", address=client_address(request))
        record_session_event(actor, "user:attempts_limited", None, limit=limit, attempts=refused)


def tell(event: Event, request: HttpRequest, what: str) -> None:
    """Count the event, and say in the log what happened and from where; once a minute for each address."""
    count(event)
    address = client_address(request) or "an unknown address"
    facts = {"event": event, "client_address": address, "once_a_minute": (what, address)}
    logger.warning("%s, from %s", what, address, extra=facts)


def is_power_of_ten(number: int) -> bool:
    """Whether a whole number from 1 on is 1, 10, 100 and so on."""
    return bool(number == 10 ** (len(str(number)) - 1))


def record_session_event(actor: Actor, action: str, user: User | None, **details: Any) -> None:
    """Write an entry in a transaction of its own: it records no change but that of the session."""
    with transaction.atomic():
        target = Target("user", str(user.pk) if user else "")
        record_event(actor, action, target, now=timezone.now(), details=details)


def is_too_old(session: Mapping[str, Any], now: float) -> bool:
    """Whether the person signed in so long ago that they have to do it again."""
    return bool(now - session.get(SIGNED_IN_AT, now) >= LONGEST_SESSION.total_seconds())
