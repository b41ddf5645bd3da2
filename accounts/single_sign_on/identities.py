"""Identities at the OpenID Connect provider, and the accounts here that they are connected to.

An identity is stored as issuer and subject, which the provider never gives to anybody else (OpenID Connect Core §5.7).
People may choose their user name there, so the name opens nothing by itself. The owner of an account that has a way in
connects it while signed in. An account without any way in waits for its person: their first sign-in connects it, if
the provider has verified the e-mail address that stands here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.addresses import address_of
from accounts.audit.record import Target, record_event
from accounts.mails.message import Letter
from accounts.models import Invitation, User
from accounts.openid_settings import provider_name
from accounts.outbox.letters import queue_letter
from accounts.people.access import had_a_way_in, may_sign_in
from accounts.people.creation import create_user
from accounts.text.free_text import readable

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.audit.record import Actor
    from accounts.single_sign_on.provider import Identity


class NobodyHere(Exception):
    """The identity stands for nobody who may sign in; `user` is the one it is connected to, if any.

    Its text says why, for the log: nothing in it comes from the provider.
    """

    def __init__(self, why: str, user: User | None = None) -> None:
        self.user = user
        super().__init__(why)


class ConnectedToAnother(Exception):
    """The identity stands for somebody else, or the person has another one at this provider."""


def person_signing_in(identity: Identity, *, actor: Actor, now: datetime) -> User:
    """The person whom the identity stands for, at their first sign-in too; raises `NobodyHere`."""
    connected = connected_person(identity)
    if connected:
        if not may_sign_in(connected):
            raise NobodyHere("the account that it is connected to is not active", connected)
        return connected
    try:
        with transaction.atomic():
            waiting = person_waiting_for(identity)
            if waiting is None and not settings.OIDC_CREATE_USERS:
                raise NobodyHere(why_nobody_waits_for(identity))
            user = waiting or create_person(identity, actor=actor, now=now)
            connect(identity, user=user, actor=actor, now=now)
    except (ValidationError, IntegrityError, ConnectedToAnother):
        # The name or the address is invalid here, or taken; or another request was quicker.
        raise NobodyHere(why_nobody_is_created_for(identity)) from None
    return user


def connected_person(identity: Identity) -> User | None:
    """The user to whom the identity is connected."""
    return User.objects.filter(socialaccount__provider=identity.issuer, socialaccount__uid=identity.subject).first()


def person_waiting_for(identity: Identity) -> User | None:
    """The person of that user name and verified e-mail address, if their account has no way in yet."""
    try:
        user = User.objects.get_by_natural_key(identity.username)
    except User.DoesNotExist:
        return None
    # Compared as bytes, where only the letters A to Z have a case: the small letter of the Kelvin sign is a k, and an
    # address with that sign is somebody else's.
    is_theirs = identity.email != "" and user.email.encode().lower() == identity.email.encode().lower()
    return user if is_theirs and may_sign_in(user) and not had_a_way_in(user) else None


def why_nobody_waits_for(identity: Identity) -> str:
    """Why no account is opened by this identity, for the operator who reads the log."""
    if not identity.username:
        return f"the provider says no {settings.OIDC_USERNAME_CLAIM}"
    user = User.objects.named(identity.username).first()
    if user is None:
        return "no account has its user name"
    if not may_sign_in(user):
        return "the account of its user name is not active"
    if had_a_way_in(user):
        return "the account of its user name has a way in already: its owner connects it"
    if not identity.email:
        return "the provider says no e-mail address, or not that it is verified"
    return "the account of its user name has another e-mail address, or none"


def why_nobody_is_created_for(identity: Identity) -> str:
    """Why no account was made for this identity, for the operator who reads the log."""
    if not identity.username or User.objects.named(identity.username).exists():
        return why_nobody_waits_for(identity)
    return "its user name cannot be used here, or somebody has its e-mail address"


def create_person(identity: Identity, *, actor: Actor, now: datetime) -> User:
    """A new person, named as the provider says, who keeps the language of the page that they came by.

    Raises `ValidationError` for a name or address that is taken.
    """
    return create_user(
        actor=actor,
        username=identity.username,
        name=usable_name(identity.name),
        email=identity.email,
        language=get_language() or "",
        now=now,
    )


def usable_name(name: str) -> str:
    """The part of the full name that is valid here, since nobody here can correct it."""
    return readable(name[: User._meta.get_field("name").max_length])


def connect(identity: Identity, *, user: User, actor: Actor, now: datetime) -> None:
    """Let the identity stand for the user from now on; raises `ConnectedToAnother`."""
    with transaction.atomic():
        # Under the lock of the person, so that they are connected to one identity of a provider.
        User.objects.select_for_update().get(pk=user.pk)
        stored = SocialAccount.objects.filter(provider=identity.issuer)
        if stored.filter(uid=identity.subject).exists() or stored.filter(user=user).exists():
            raise ConnectedToAnother
        SocialAccount.objects.create(user=user, provider=identity.issuer, uid=identity.subject)
        # An invited person has signed in now: the link in their mail must not be a second way.
        Invitation.objects.filter(user=user).delete()
        if user.email:
            queue_letter(connected_letter, to=user, now=now)
        details = {"issuer": identity.issuer}
        record_event(actor, "user:connect_identity", Target.user(user.pk), now=now, details=details)


def connected_letter() -> Letter:
    """To the person: their account has another way to sign in."""
    provider = provider_name()
    return Letter(
        subject=_("Single sign-on was connected to your account"),
        paragraphs=[_("Your account at %(provider)s can now sign in to your account here.") % {"provider": provider}],
        action_label=_("Check single sign-on"),
        action_path=address_of("own single sign-on"),
        closing=[_("If it was not you, disconnect it there, change your password, and tell an administrator.")],
    )


def disconnect(*, user: User, actor: Actor, now: datetime) -> bool:
    """Disconnect the person's identity at the provider; False where it is their only way in, which stays."""
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        own = SocialAccount.objects.filter(user=user, provider=settings.OIDC_ISSUER)
        if not locked.has_usable_password() or not own.exists():
            return False
        own.delete()
        if locked.email:
            queue_letter(disconnected_letter, to=locked, now=now)
        details = {"issuer": settings.OIDC_ISSUER}
        record_event(actor, "user:disconnect_identity", Target.user(user.pk), now=now, details=details)
    return True


def disconnected_letter() -> Letter:
    """To the person: their account has one way to sign in less."""
    provider = provider_name()
    return Letter(
        subject=_("Single sign-on was disconnected from your account"),
        paragraphs=[
            _("Your account at %(provider)s can no longer sign in to your account here.") % {"provider": provider}
        ],
        action_label=_("Check single sign-on"),
        action_path=address_of("own single sign-on"),
        closing=[_("If it was not you, change your password at once, check your tokens and tell an administrator.")],
    )
