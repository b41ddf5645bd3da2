"""Guesses at a password: limits for all browsers that the account does not know, and a mail to its person (T51)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.limits import rates
from accounts.mails.message import Letter
from accounts.models import User
from accounts.outbox.letters import queue_letter
from accounts.outbox.requests import queue_request
from accounts.people.access import may_sign_in

if TYPE_CHECKING:
    from django.http import HttpRequest

# The kind of the outbox's entries.
GUESSES_KIND = "guesses"


def count_password_attempt(request: HttpRequest, account: str, *, browser: str, person: User | None) -> rates.Attempt:
    """Count an attempt at a password: from here, and from everywhere by browsers that the account does not know.

    Raises `TooManyAttempts`, in the same words for an account that does not exist. The person is told by mail, once a
    day.
    """
    here = rates.count_attempt(request, rates.PASSWORD, account)
    try:
        anywhere = rates.count_attempt(request, rates.GUESSES, f"{account} {browser}")
    except rates.TooManyAttempts as too_many:
        # Once an hour, in the same words for anybody: a refused attempt stores no row.
        if too_many.refused == 1:
            guessed = str(person.pk) if person else None
            queue_request(GUESSES_KIND, now=timezone.now(), lifetime=timedelta(days=1), user_id=guessed)
        raise
    return rates.Attempt(here.counters + anywhere.counters)


def tell_of_guesses(*, user_id: str | None, now: datetime) -> None:
    """Mail the person that somebody guesses their password, once a day."""
    person = User.objects.filter(pk=user_id).first() if user_id else None
    if person is None or not person.email or not may_sign_in(person):
        return
    if rates.is_within(rates.GUESSES_LETTER, str(person.pk)):
        queue_letter(partial(guesses_letter, person), to=person, now=now)


def guesses_letter(person: User) -> Letter:
    """To the person: somebody guesses their password."""
    return Letter(
        subject=_("Somebody is guessing your password"),
        paragraphs=[
            _("Many wrong passwords were entered for the account %(username)s.") % {"username": person.username},
            _(
                "New browsers have to wait for a while. You can still sign in with a browser that you "
                "used before, with a passkey, or with a new password by mail."
            ),
        ],
        action_label=_("Choose a new password"),
        action_path=reverse("password_reset"),
        closing=[_("No sign-in succeeded. Use a long password that you use nowhere else.")],
    )
