"""Passkeys and security keys (WebAuthn): the options for the browser, and the checks of its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from fido2.webauthn import AuthenticationResponse, RegistrationResponse

from accounts import allauth_internals

if TYPE_CHECKING:
    from allauth.mfa.models import Authenticator
    from fido2.webauthn import CollectedClientData

    from accounts.models import User

# The errors of the libraries for a malformed answer, which they parse field by field; and their own refusal. What is
# nested too deeply and a key of a kind that they do not know are errors at run time.
NOT_ACCEPTED = (ValueError, TypeError, KeyError, AttributeError, IndexError, RuntimeError, ValidationError)


def are_possible() -> bool:
    """Whether browsers make passkeys for this instance at all."""
    return bool(settings.HAS_PASSKEYS)


def registration_options(user: User) -> dict[str, Any]:
    """The options from which a browser makes a passkey; the challenge waits in the session."""
    return allauth_internals.begin_passkey_registration(user)


def options_to_show(user: User | None) -> dict[str, Any]:
    """The options with which a browser shows a passkey: of this person, or else of anybody, who is then verified."""
    return allauth_internals.begin_passkey_authentication(user)


def check_registration(answer: Any) -> None:
    """Raise `ValidationError` unless the answer is a new passkey of this site, for the challenge of this session."""
    try:
        require_origin(RegistrationResponse.from_dict(answer).response.client_data)
        allauth_internals.complete_passkey_registration(answer)
    except NOT_ACCEPTED as error:
        raise passkey_refusal() from error


def claimed_owner(answer: Any) -> Any:
    """The user whom the answer names; nothing of it is checked yet. Raises `ValidationError` where it names nobody."""
    try:
        AuthenticationResponse.from_dict(answer)
        return allauth_internals.user_of_passkey(answer)
    except NOT_ACCEPTED as error:
        raise passkey_refusal() from error


def shown_passkey(user: User, answer: Any, *, verified: bool) -> Authenticator:
    """The person's passkey that the answer shows, for the challenge of this session; raises `ValidationError`.

    `verified`: the answer must also say that the browser verified the person by PIN or biometrics. The challenge does
    not tell its purpose: an answer for a second factor could be sent to sign in by passkey alone.
    """
    try:
        parsed = AuthenticationResponse.from_dict(answer)
        require_origin(parsed.response.client_data)
        if verified and not parsed.response.authenticator_data.is_user_verified():
            raise passkey_refusal()
        return allauth_internals.complete_passkey_authentication(user, answer)
    except NOT_ACCEPTED as error:
        raise passkey_refusal() from error


def require_origin(client_data: CollectedClientData) -> None:
    """Raise `ValidationError` for an answer that was given on another site; the library takes subdomains too."""
    if client_data.origin not in settings.CSRF_TRUSTED_ORIGINS or client_data.cross_origin:
        raise passkey_refusal()


def passkey_refusal() -> ValidationError:
    """The refusal of every answer that is not accepted."""
    return ValidationError(_("This passkey was not accepted. Try again, or use another way."))
