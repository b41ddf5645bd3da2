"""Changing one's e-mail address: a link in a mail to the new address confirms it, and the old address is told.

The address is the one column `User.email`, which decides about sign-in, resets and uniqueness. django-allauth's table
of addresses would be a second truth beside it, which System Users and the command line do not know.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Value
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from accounts.addresses import address_of
from accounts.audit.record import Actor, Target, record_event
from accounts.mailed_links.links import link_digest, new_key
from accounts.mails.message import Letter, in_time_zone_of
from accounts.models import EmailChange, User
from accounts.outbox.letters import queue_letter

if TYPE_CHECKING:
    from django.db.models import QuerySet

EMAIL_CHANGE_LIFETIME = timedelta(hours=24)


class EmailTaken(Exception):
    """Somebody else has taken the address since the link was sent."""


def ask_email_change(*, actor: Actor, user: User, email: str, now: datetime) -> None:
    """Send a link to the new address, with which the person confirms it within 24 hours; an earlier link is dead.

    Where another user has the address, that user is told instead. The stored rows, the record and the answer are the
    same, so that nobody learns which addresses are known here (ASVS v5.0.0-6.3.8).
    """
    key = new_key()
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        waiting = {"email": email, "digest": link_digest(key), "asked_at": now}
        EmailChange.objects.update_or_create(user=person, defaults=waiting)
        holder = holders_of(email).exclude(pk=person.pk).first()
        if holder:
            queue_letter(email_taken_letter, to=holder, address=email, now=now)
        else:
            letter = partial(email_confirmation_letter, person, key, now)
            queue_letter(
                letter, to=person, address=email, link=link_digest(key), lifetime=EMAIL_CHANGE_LIFETIME, now=now
            )
        if person.email:
            queue_letter(partial(email_change_asked_letter, person, email), to=person, now=now)
        record_event(actor, "user:ask_email_change", Target.user(person.pk), now=now, details={})


def waiting_change(user: User, *, now: datetime, key: str | None = None) -> EmailChange | None:
    """The change that waits for its link, while the link lives; with a key, only if the link has this key."""
    changes = EmailChange.objects.filter(user=user, asked_at__gt=now - EMAIL_CHANGE_LIFETIME)
    if key is not None:
        changes = changes.filter(digest=link_digest(key))
    return changes.first()


def confirm_email_change(*, actor: Actor, user: User, key: str, now: datetime) -> str | None:
    """Give the person the address that the link was sent to, and return it; None where the link is dead.

    Raises `EmailTaken`. The link works once, and for the person who asked for it.
    """
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        waiting = waiting_change(person, now=now, key=key)
        if waiting is None or not person.is_active:
            return None
        try:
            with transaction.atomic():
                User.objects.filter(pk=person.pk).update(email=waiting.email)
        except IntegrityError as error:
            raise EmailTaken from error
        waiting.delete()
        if person.email:
            queue_letter(partial(own_email_changed_letter, person, waiting.email), to=person, now=now)
        record_event(actor, "user:change_email", Target.user(person.pk), now=now, details={})
    return waiting.email


def holders_of(email: str) -> QuerySet[User]:
    """The users with this address, in any case, by the expression of the unique index."""
    return User.objects.alias(lowered=Lower("email")).filter(lowered=Lower(Value(email)))


def email_confirmation_letter(person: User, key: str, now: datetime) -> Letter:
    """To the new address: the link."""
    until = in_time_zone_of(person, now + EMAIL_CHANGE_LIFETIME)
    return Letter(
        subject=_("Confirm your e-mail address"),
        paragraphs=[
            _(
                "The account %(username)s wants to use this e-mail address. Confirm it while you are signed "
                "in to this account."
            )
            % {"username": person.username},
            _("The link works once, until %(when)s. Nothing has changed yet.") % {"when": until},
        ],
        action_label=_("Confirm this address"),
        action_path=address_of("confirm own e-mail address", key),
        closing=[_("If it was not you, ignore this mail: the address is not used without your confirmation.")],
    )


def email_taken_letter() -> Letter:
    """To the user who has the address already."""
    return Letter(
        subject=_("Your e-mail address was entered in another account"),
        paragraphs=[
            _("A request was made to use this e-mail address for another account. It stays with your account."),
            _("If it was you, sign in with this address. An address belongs to one account only."),
        ],
        closing=[_("If it was not you, ignore this mail: nothing has changed.")],
    )


def email_change_asked_letter(person: User, email: str) -> Letter:
    """To the old address: a change was asked for."""
    return Letter(
        subject=_("A change of your e-mail address was requested"),
        paragraphs=[
            _(
                "The account %(username)s wants to use another e-mail address. This one stays until the new "
                "one is confirmed."
            )
            % {"username": person.username},
        ],
        facts=[(_("New address"), email)],
        **email_advice(),
    )


def own_email_changed_letter(person: User, email: str) -> Letter:
    """To the old address: it is no longer used."""
    return Letter(
        subject=_("Your e-mail address was changed"),
        paragraphs=[
            _("The account %(username)s now uses another e-mail address instead of this one.")
            % {"username": person.username},
        ],
        facts=[(_("New address"), email)],
        **email_advice(),
    )


def email_advice() -> dict[str, Any]:
    """The last part of these mails: what to do if it was somebody else."""
    return {
        "action_label": _("Check your devices"),
        "action_path": address_of("own devices"),
        "closing": [
            _(
                "If it was not you, end the sessions that you do not recognize, change your password and "
                "tell an administrator."
            )
        ],
    }
