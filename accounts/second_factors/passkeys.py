"""Passkeys and security keys (WebAuthn): what is asked of the browser, and what of its answer is believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.webauthn.internal import auth
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from fido2.webauthn import (
    AuthenticationResponse,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

if TYPE_CHECKING:
    from allauth.mfa.models import Authenticator
    from fido2.webauthn import CollectedClientData

    from accounts.models import User

# What a malformed answer makes of the libraries, which take it apart field by field; and their own refusal.
NOT_ACCEPTED = (ValueError, TypeError, KeyError, AttributeError, IndexError, ValidationError)


def are_possible() -> bool:
    """Whether browsers make passkeys for this instance at all."""
    return bool(settings.HAS_PASSKEYS)


def registration_options(user: User) -> dict[str, Any]:
    """What a browser is asked to make a passkey from; the challenge waits in the session.

    One that signs in by itself is preferred, a plain security key is taken too: then it is a second factor only.
    """
    options, state = auth.get_server().register_begin(
        user=auth.build_user_payload(user),
        credentials=auth.get_credentials(user),
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.PREFERRED,
        extensions=auth.EXTENSIONS,
    )
    auth.set_state(state)
    return dict(options)


def options_to_show(user: User | None) -> dict[str, Any]:
    """What a browser is asked to show a passkey with: one of this person's, or whosever it is, verified by itself."""
    options: dict[str, Any] = auth.begin_authentication(user)
    return options


def check_registration(answer: Any) -> None:
    """Raise `ValidationError` unless the answer is a new passkey, made here for the challenge of this session."""
    try:
        require_origin(RegistrationResponse.from_dict(answer).response.client_data)
        auth.complete_registration(answer)
    except NOT_ACCEPTED as error:
        raise refusal() from error


def person_of(answer: Any) -> Any:
    """Whose passkey the answer says it is; nothing of it is checked yet. Raises `ValidationError` for nobody's."""
    try:
        AuthenticationResponse.from_dict(answer)
        return auth.extract_user_from_response(answer)
    except NOT_ACCEPTED as error:
        raise refusal() from error


def shown_passkey(user: User, answer: Any, *, verified: bool) -> Authenticator:
    """The person's passkey that the answer shows, for the challenge of this session; raises `ValidationError`.

    `verified`: it must also say that it has verified its person by PIN or body. The challenge does not tell what it
    was made for: whoever has one for a second factor could send the answer where a passkey alone opens the door.
    """
    try:
        parsed = AuthenticationResponse.from_dict(answer)
        require_origin(parsed.response.client_data)
        if verified and not parsed.response.authenticator_data.is_user_verified():
            raise refusal()
        return auth.complete_authentication(user, answer)
    except NOT_ACCEPTED as error:
        raise refusal() from error


def require_origin(client_data: CollectedClientData) -> None:
    """Raise `ValidationError` for an answer that was given on another site; the library takes subdomains too."""
    if client_data.origin not in settings.CSRF_TRUSTED_ORIGINS or client_data.cross_origin:
        raise refusal()


def refusal() -> ValidationError:
    """What is said of every answer that does not hold."""
    return ValidationError(_("This passkey was not accepted. Try again, or use another way."))
