"""Checking codes: the limit of wrong ones, the record of them, and the factor that a code belongs to."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.limits import rates
from accounts.outbox.letters import queue_letter
from accounts.second_factors import authenticator_app
from accounts.second_factors.factors import APP, CODES, factors_of
from accounts.second_factors.letters import guessing_letter
from accounts.sessions.record import record_refused_sign_in

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.models import User

logger = logging.getLogger(__name__)


def accepted_factor(request: HttpRequest, user: User, code: str, *, by: tuple[str, ...]) -> Authenticator:
    """The person's factor, of one of these types, that accepts the code. The code is used up.

    Raises `ValidationError` for a wrong code, which is recorded, and `TooManyAttempts`.
    """
    attempts = count_code_attempt(request, user)
    factor = next((one for one in factors_of(user).filter(type__in=by) if accepts_code(one, code)), None)
    if factor is None:
        record_refused_sign_in(request, user, "code")
        raise ValidationError(_("This code is wrong or has already been used."), code="wrong")
    for attempt in attempts:
        attempt.give_back()
    return factor


def count_code_attempt(request: HttpRequest, user: User) -> list[rates.Attempt]:
    """Count an attempt; raises `TooManyAttempts`. The person is told: somebody who gets so far knows their password."""
    try:
        return [rates.count_attempt(request, limits, str(user.pk)) for limits in (rates.CODE, rates.CODE_A_DAY)]
    except rates.TooManyAttempts as too_many:
        if user.email and too_many.refused == 1:
            queue_letter(lambda: guessing_letter(user), to=user, now=timezone.now())
        raise


def accepts_code(factor: Authenticator, code: str) -> bool:
    """Whether the factor accepts the code. The code is used up."""
    try:
        if factor.type == APP:
            return authenticator_app.accepts_app_code(factor, code)
        return factor.type == CODES and bool(factor.wrap().validate_code(code))
    except InvalidToken:
        logger.exception(
            "a second factor cannot be read: SECRET_KEY changed, and SECRET_KEY_FALLBACKS lacks the old one"
        )
        return False
