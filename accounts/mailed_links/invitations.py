"""Inviting people: an administrator creates the account, and a mailed link lets its person choose a password."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.audit.record import Actor, Source, Target, record_event
from accounts.mailed_links.links import link_digest, new_key
from accounts.mails.message import Letter, in_time_zone_of
from accounts.models import Invitation, User
from accounts.outbox.letters import queue_letter
from accounts.passwords.setting import set_password
from accounts.people.access import has_a_way_in, may_sign_in
from accounts.people.creation import create_user
from accounts.people.personal_info import change_personal_info

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import Group
    from django.db.models import QuerySet


def invite_person(  # noqa: PLR0913 - each is a column of the user
    *,
    actor: Actor,
    username: str,
    email: str,
    now: datetime,
    name: str = "",
    language: str = "",
    is_administrator: bool = False,
    groups: Iterable[Group] = (),
) -> User:
    """Create a person in these groups and mail them a link, with which they choose their password within seven days.

    The mail is in the language that is given, which is theirs until they change it.

    Raises `ValidationError` for a name or address that is taken or malformed, or no address.
    """
    if not email:
        raise ValidationError({"email": _("Enter the e-mail address for the invitation.")})
    key = new_key()
    with transaction.atomic():
        user = create_user(
            actor=actor,
            username=username,
            name=name,
            email=email,
            language=language,
            is_administrator=is_administrator,
            groups=groups,
            now=now,
        )
        store_invitation(actor, user, key, now)
    return user


def renew_invitation(*, actor: Actor, user: User, now: datetime) -> bool:
    """Mail the person a new link; the old one is dead.

    Returns False and sends nothing where they have a way in, may not sign in, or have no e-mail address.
    """
    key = new_key()
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if not may_be_invited(person):
            return False
        store_invitation(actor, person, key, now)
    return True


def may_be_invited(user: User) -> bool:
    """Whether a link would help the person: a mail reaches them, and they cannot sign in yet."""
    return bool(user.email) and may_sign_in(user) and not has_a_way_in(user)


def store_invitation(actor: Actor, user: User, key: str, now: datetime, *, is_mailed: bool = True) -> None:
    """Make this link the only one of the person, and mail it to them unless somebody hands it over."""
    Invitation.objects.update_or_create(user=user, defaults={"digest": link_digest(key), "invited_at": now})
    if is_mailed:
        letter = partial(invitation_letter, user, key, now)
        queue_letter(letter, to=user, link=link_digest(key), lifetime=Invitation.LIFETIME, now=now)
    record_event(actor, "user:invite", Target.user(user.pk), now=now, details={})


def live_invitations(digest: bytes, *, now: datetime) -> QuerySet[Invitation]:
    """The invitation of this link, if it still lets its person in."""
    return Invitation.objects.filter(
        digest=digest,
        invited_at__gt=now - Invitation.LIFETIME,
        user__kind=User.Kind.PERSON,
        user__is_active=True,
        user__deleted_at=None,
    )


def accept_invitation(  # noqa: PLR0913 - who, by what, from where, and what they chose
    *, user: User, digest: bytes, name: str, password: str, address: str | None, now: datetime
) -> bool:
    """Give the person who holds the link the name and the password they chose; False where the link is dead."""
    actor = Actor.person(user, Source.PROFILE, address=address)
    link = live_invitations(digest, now=now)
    if not set_password(actor=actor, user=user, password=password, link=link, action="user:accept_invitation", now=now):
        return False
    # They read the form in the language that their browser asks for.
    language = get_language() or user.language
    change_personal_info(actor=actor, user=user, name=name, language=language, now=now)
    return True


def invitation_letter(person: User, key: str, now: datetime) -> Letter:
    """To somebody who was invited: the link."""
    until = in_time_zone_of(person, now + Invitation.LIFETIME)
    return Letter(
        subject=_("Your invitation: choose your password"),
        paragraphs=[
            _("An administrator created an account for you. Choose a password to sign in."),
            _("The link works once, until %(when)s. After that an administrator can send you a new one.")
            % {"when": until},
        ],
        facts=[(_("User name"), person.username)],
        action_label=_("Choose a password"),
        action_path=reverse("invitation_open", args=[key]),
        closing=[
            _("If you did not expect this, ignore this mail: the account cannot be used until you choose a password.")
        ],
    )
