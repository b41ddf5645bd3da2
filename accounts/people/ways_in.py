"""Taking from a person the ways in that an older copy of the database has brought back: they choose new ones."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.audit.record import Actor, Target, record_event
from accounts.models import User

if TYPE_CHECKING:
    from datetime import datetime


def take_credentials(*, actor: Actor, user_id: uuid.UUID, now: datetime) -> bool:
    """Take the password and the second factors of a person; returns whether there is such a person.

    They choose a new password by a mailed link, or the operator gives them one (`changepassword`).
    """
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).filter(pk=user_id, kind=User.Kind.PERSON).first()
        if user is None or user.deleted_at:
            return False
        User.objects.filter(pk=user.pk).update(password=make_password(None))
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
