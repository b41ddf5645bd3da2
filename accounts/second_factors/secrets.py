"""The secrets of second factors, sealed against readers of a copy of the database, for django-allauth too (T53)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings

from accounts import sealing

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

SEALING_PURPOSE = b"second factors"


def seal_factor_secret(text: str) -> str:
    """The text, encrypted under a key that is made from `SECRET_KEY`."""
    return sealing.seal(text, purpose=SEALING_PURPOSE)


def unseal_factor_secret(sealed: str) -> str:
    """The text again; it may have been sealed under one of `SECRET_KEY_FALLBACKS`.

    Raises `cryptography.fernet.InvalidToken` where none of them is the key.
    """
    return sealing.unseal(sealed, purpose=SEALING_PURPOSE)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc] # allauth is not typed
    """The answers to django-allauth's questions about second factors."""

    def encrypt(self, text: str) -> str:
        """The text as the database holds it."""
        return seal_factor_secret(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The text before `encrypt`."""
        return unseal_factor_secret(encrypted_text)

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        """The account's name in an authenticator app: the user name, which stays when the e-mail address changes."""
        return user.get_username()

    def get_totp_issuer(self) -> str:
        """The instance's name in an authenticator app."""
        return str(settings.PRODUCT_NAME)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The site that a passkey belongs to: the host of `BASE_URL`, and never the Host header of a request (T49)."""
        return {"id": urlsplit(settings.BASE_URL).hostname or "", "name": settings.PRODUCT_NAME}
