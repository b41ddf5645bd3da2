"""What of a second factor must not be read in a copy of the database, and how django-allauth is told so (T53)."""

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
    """The text again, also where it was sealed under one of `SECRET_KEY_FALLBACKS`.

    Raises `cryptography.fernet.InvalidToken` where none of them is the key.
    """
    return sealing.unseal(sealed, purpose=SEALING_PURPOSE)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc] # allauth is not typed
    """What django-allauth asks of this product where second factors are concerned."""

    def encrypt(self, text: str) -> str:
        """As it stands in the database."""
        return seal_factor_secret(text)

    def decrypt(self, encrypted_text: str) -> str:
        """As it was before."""
        return unseal_factor_secret(encrypted_text)

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        """What an authenticator app calls the account: the user name, which stays when the e-mail address changes."""
        return user.get_username()

    def get_totp_issuer(self) -> str:
        """What an authenticator app calls this instance."""
        return str(settings.PRODUCT_NAME)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """For whom a passkey is made: the host of `BASE_URL`, whatever a request says in its Host header (T49)."""
        return {"id": urlsplit(settings.BASE_URL).hostname or "", "name": settings.PRODUCT_NAME}
