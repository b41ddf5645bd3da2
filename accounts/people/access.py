"""The ways into an account: who may sign in, and by what (PEO-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings

from accounts.openid_settings import is_configured

if TYPE_CHECKING:
    from collections.abc import Collection

    from accounts.models import User

# What a sign-in takes besides the password. Recovery codes stand in for one of these, and are none by themselves.
SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def may_sign_in(user: User) -> bool:
    """Whether the user is a person who is active: System Users and the deleted have no way in (PEO-1)."""
    return user.is_person and user.is_active and user.deleted_at is None


def had_a_way_in(user: User) -> bool:
    """Whether the user has or had a way in, also by a provider that the settings no longer name.

    Such an account belongs to somebody already, and waits for nobody.
    """
    return (
        user.has_usable_password()
        or Authenticator.objects.filter(user=user).exists()
        or SocialAccount.objects.filter(user=user).exists()
    )


def has_a_way_in(user: User, *, without: Collection[int] = ()) -> bool:
    """Whether the user can sign in today, here: by password, at the provider of the settings, or by a passkey alone.

    `without`: the ids of factors that do not count.
    """
    return may_sign_in(user) and (
        user.has_usable_password()
        or (is_configured() and is_connected(user))
        or not lone_passkeys(user).issubset(without)
    )


def lone_passkeys(user: User) -> set[int]:
    """The ids of the passkeys that sign the user in by themselves, where the service offers that."""
    if not settings.HAS_PASSKEYS:
        return set()
    stored = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
    return {factor.pk for factor in stored if factor.wrap().is_passwordless}


def is_connected(user: User) -> bool:
    """Whether the person can sign in at the provider of the settings."""
    return bool(SocialAccount.objects.filter(user=user, provider=settings.OIDC_ISSUER).exists())
