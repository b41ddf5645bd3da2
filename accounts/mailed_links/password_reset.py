"""Password resets: a mailed link lets a person choose another password.

Everything that depends on the account happens after the request. The answer, its time and the stored row are the same
for any name, known or not (ASVS v5.0.0-6.3.8).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.audit.record import Actor, Source, Target, record_event
from accounts.limits import rates
from accounts.mailed_links.links import link_digest, new_key
from accounts.mails.message import Letter, in_time_zone_of
from accounts.models import PasswordReset, User
from accounts.outbox.letters import queue_letter
from accounts.outbox.requests import queue_request
from accounts.passwords.setting import set_password
from accounts.people.access import may_sign_in
from accounts.people.creation import person_called

if TYPE_CHECKING:
    from django.db.models import QuerySet

# The kind of the outbox's entries.
RESET_KIND = "password_reset"
RESET_LIFETIME = timedelta(hours=1)
# A stranger who asks again and again neither fills the person's mailbox nor ends the link they hold.
MOST_LIVE_LINKS = 5


def ask_password_reset(login: str, *, address: str | None, now: datetime) -> None:
    """Mail a link to the user with this name or e-mail address, soon; the caller does not learn whether one exists."""
    queue_request(RESET_KIND, now=now, lifetime=RESET_LIFETIME, login=login, address=address)


def send_link(*, login: str, address: str | None, now: datetime) -> None:
    """Mail the link, or a mail about how they sign in instead; the link lives from `now` on, when it was asked for."""
    user = person_called(login)
    if user is None or not user.email or not may_sign_in(user):
        return
    if not user.has_usable_password():
        if rates.is_within(rates.NO_PASSWORD_LETTER, str(user.pk)):
            queue_letter(partial(no_password_letter, user), to=user, now=now)
        return
    key = new_key()
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        live = PasswordReset.objects.filter(user=person, asked_at__gt=now - RESET_LIFETIME)
        if live.count() >= MOST_LIVE_LINKS:
            return
        PasswordReset.objects.create(user=person, email=person.email, digest=link_digest(key), asked_at=now)
        letter = partial(password_reset_letter, person, key, now)
        queue_letter(letter, to=person, link=link_digest(key), lifetime=RESET_LIFETIME, now=now)
        actor = Actor(Source.PROFILE, "anonymous", address=address)
        record_event(actor, "user:ask_password_reset", Target.user(person.pk), now=now, details={})


def live_resets(digest: bytes, *, now: datetime) -> QuerySet[PasswordReset]:
    """The reset of this link, while it works: for an hour, and for the address that it was mailed to."""
    return PasswordReset.objects.filter(
        digest=digest,
        asked_at__gt=now - RESET_LIFETIME,
        email=F("user__email"),
        user__kind=User.Kind.PERSON,
        user__is_active=True,
        user__deleted_at=None,
    )


def reset_password(*, user: User, digest: bytes, password: str, address: str | None, now: datetime) -> bool:
    """Give the person with the link the password they chose, and end all their sessions; False for a dead link."""
    actor = Actor.person(user, Source.PROFILE, address=address)
    link = live_resets(digest, now=now)
    return set_password(actor=actor, user=user, password=password, link=link, action="user:reset_password", now=now)


def password_reset_letter(person: User, key: str, now: datetime) -> Letter:
    """To the person: the link."""
    until = in_time_zone_of(person, now + RESET_LIFETIME)
    return Letter(
        subject=_("Choose a new password"),
        paragraphs=[
            _("A new password was requested for the account %(username)s.") % {"username": person.username},
            _("The link works once, until %(when)s. Until it is used, your password stays as it is.") % {"when": until},
        ],
        action_label=_("Choose a new password"),
        action_path=reverse("password_reset_open", args=[key]),
        closing=[_("If it was not you, ignore this mail: nothing has changed.")],
    )


def no_password_letter(person: User) -> Letter:
    """To somebody who signs in without a password, or has never signed in."""
    return Letter(
        subject=_("Your account has no password"),
        paragraphs=[
            _(
                "A new password was requested for the account %(username)s. The account has no password, and "
                "none can be set this way."
            )
            % {"username": person.username},
            _("Sign in as usual. If you have never signed in, ask an administrator for an invitation."),
        ],
        action_label=_("Sign in"),
        action_path=reverse("account_login"),
        closing=[_("If it was not you, ignore this mail: nothing has changed.")],
    )
