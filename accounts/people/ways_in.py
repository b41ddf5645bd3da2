"""Taking from a person the ways in that an older copy of the database has brought back: they choose new ones."""

from __future__ import annotations

import secrets
import uuid
from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.audit.record import Actor, Target, record_event
from accounts.models import PasswordReset, User

if TYPE_CHECKING:
    from datetime import datetime


def take_credentials(*, actor: Actor, user_id: uuid.UUID, now: datetime) -> bool:
    """Take the password, the second factors and mailed links to a password of a person; returns whether they are here.

    The password becomes one that nobody knows, so that they choose another by a mailed link, as whoever has forgotten
    theirs; the operator may give them one too (`changepassword`).
    """
    # Before the transaction: to hash takes time by design.
    unknown = make_password(secrets.token_urlsafe())
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).filter(pk=user_id, kind=User.Kind.PERSON).first()
        if user is None or user.deleted_at:
            return False
        if user.has_usable_password():
            User.objects.filter(pk=user.pk).update(password=unknown)
        PasswordReset.objects.filter(user=user).delete()
        factors, _by_model = Authenticator.objects.filter(user=user).delete()
        details = {"password": user.has_usable_password(), "factors": factors}
        record_event(actor, "user:take_credentials", Target.user(user.pk), now=now, details=details)
    return True


def take_identities(*, actor: Actor, user_id: uuid.UUID, now: datetime) -> bool:
    """Let no account at an OpenID Connect provider open that of the person; returns whether one did."""
    with transaction.atomic():
        issuers = list(SocialAccount.objects.filter(user=user_id).values_list("provider", flat=True))
        SocialAccount.objects.filter(user=user_id).delete()
        for issuer in issuers:
            details = {"issuer": issuer}
            record_event(actor, "user:disconnect_identity", Target.user(user_id), now=now, details=details)
    return bool(issuers)
