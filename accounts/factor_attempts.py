"""Trying codes: how often it may go wrong, what is written of it, and which factor a code belongs to.

Counted by the person: whoever gets as far has shown their password, or has their session. So nobody is locked out by
a stranger; and somebody who knows a password cannot go on guessing from many addresses.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from allauth.core.internal import ratelimit
from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import authenticator_app
from accounts.audit import Actor, Source, Target, record_event
from accounts.factor_letters import guessing_letter
from accounts.http import client_address
from accounts.mail import outbox
from accounts.second_factors import APP, CODES, factors_of

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.models import User

logger = logging.getLogger(__name__)

# Of a million codes three are good at a time: by fifty a day nobody finds one within years.
RATES = {"second_factor": "5/5m/key,50/d/key", "second_factor_mail": "1/d/key"}


def accepted_factor(request: HttpRequest, user: User, code: str, *, action: str, by: tuple[str, ...]) -> Authenticator:
    """The person's factor, of one of these types, that takes the code, which is used up by it.

    Raises `ValidationError` for a wrong code, which is recorded as `action`, and for one too many.
    """
    limit = {"app": "accounts", "action": "second_factor", "config": RATES, "key": str(user.pk)}
    if not ratelimit.consume(request, **limit):
        tell_once(request, user)
        raise ValidationError(_("Too many wrong codes. Wait at least five minutes, then try again."), code="too_many")
    factor = next((one for one in factors_of(user).filter(type__in=by) if takes(one, code)), None)
    if factor is None:
        record_wrong_code(request, user, action)
        raise ValidationError(_("This code is wrong, or was used already."), code="wrong")
    ratelimit.clear(request, **limit)
    return factor


def takes(factor: Authenticator, code: str) -> bool:
    """Whether the factor takes the code, which is used up by it."""
    try:
        if factor.type == APP:
            return authenticator_app.takes(factor, code)
        return factor.type == CODES and bool(factor.wrap().validate_code(code))
    except InvalidToken:
        logger.exception(
            "a second factor cannot be read: SECRET_KEY changed, and SECRET_KEY_FALLBACKS lacks the old one"
        )
        return False


def record_wrong_code(request: HttpRequest, user: User, action: str) -> None:
    """Write down that a code was wrong; never the code."""
    address = client_address(request)
    if request.user.is_authenticated:
        actor = Actor.person(user, Source.PROFILE, address=address)
    else:
        actor = Actor(Source.PROFILE, "anonymous", address=address)
    with transaction.atomic():
        target = Target("user", str(user.pk))
        record_event(actor, action, target, now=timezone.now(), details={"door": "second_factor"})


def tell_once(request: HttpRequest, user: User) -> None:
    """Mail the person that somebody is guessing, once a day."""
    limit = {"app": "accounts", "action": "second_factor_mail", "config": RATES, "key": str(user.pk)}
    if user.email and ratelimit.consume(request, **limit):
        outbox.put(lambda: guessing_letter(user), to=user.email)
