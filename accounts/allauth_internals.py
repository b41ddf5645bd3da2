"""The one door to the inside of django-allauth: what its public interface does not offer.

Each function says why the public interface is not enough. `pyproject.toml` bounds the version, and
`tests/accounts/test_allauth_internals.py` fails when something behind this door moves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.stagekit import clear_login
from allauth.account.stages import LoginStageController
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.socialaccount.internal import statekit
from fido2.webauthn import ResidentKeyRequirement, UserVerificationRequirement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from allauth.account.stages import LoginStage
    from allauth.mfa.models import Authenticator
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.http import HttpRequest


def record_proof(request: HttpRequest, user: AbstractBaseUser, method: str, **details: Any) -> None:
    """Note in the session by what the person showed who they are. Reason: allauth offers only to read these notes."""
    record_authentication(request, user, method, **details)


def record_factor(
    request: HttpRequest, factor: Authenticator, *, reauthenticated: bool = False, passwordless: bool = False
) -> None:
    """Note that the person showed this second factor. Reason: allauth's own views alone do it."""
    post_authentication(request, factor, reauthenticated=reauthenticated, passwordless=passwordless)


def second_factor_stage(request: HttpRequest) -> LoginStage | None:
    """The sign-in that waits for its second factor. Reason: allauth's own views alone look it up."""
    stage: LoginStage | None = LoginStageController.enter(request, AuthenticateStage.key)
    return stage


def forget_pending_sign_in(request: HttpRequest) -> None:
    """End a sign-in before its last step. Reason: a stage can end it, and a refusal comes before any stage."""
    clear_login(request)


def take_state(request: HttpRequest, *, issuer: str, state_id: str) -> dict[str, Any] | None:
    """What waited in the session for a return from the provider. Reason: only allauth's own callback takes it out."""
    state: dict[str, Any] | None = statekit.unstash_state(request, provider_id=issuer, state_id=state_id)
    return state


def new_app_key() -> str:
    """A key for an authenticator app. Reason: the public way stores it unsealed in the session."""
    key: str = generate_totp_secret()
    return key


def current_steps() -> Iterator[int]:
    """The time steps whose codes are taken now. Reason: the public check does not tell to which step a code belongs."""
    steps: Iterator[int] = yield_hotp_counters_from_time()
    return steps


def app_code(key: str, step: int) -> str:
    """The code that an app with this key shows in a time step. Reason: as for `current_steps`."""
    return str(format_hotp_value(hotp_value(key, step)))


def is_same_code(typed: str, expected: str) -> bool:
    """Whether a typed code is the expected one, whatever stands between its digits. Reason: as for `current_steps`."""
    return bool(compare_user_code(actual=typed, expected=expected))


def create_recovery_codes(user: AbstractBaseUser) -> tuple[Authenticator, list[str]]:
    """Store recovery codes for somebody who has none, and return them. Reason: allauth's own views alone make them."""
    stored = RecoveryCodes.activate(user)
    return stored.instance, stored.generate_codes()


def begin_passkey_registration(user: AbstractBaseUser) -> dict[str, Any]:
    """What a browser makes a passkey from; the challenge waits in the session.

    A passkey that signs in by itself is preferred; a plain security key is taken too, as a second factor only. Reason:
    allauth's own views either require the one or discourage it.
    """
    options, state = webauthn.get_server().register_begin(
        user=webauthn.build_user_payload(user),
        credentials=webauthn.get_credentials(user),
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.PREFERRED,
        extensions=webauthn.EXTENSIONS,
    )
    webauthn.set_state(state)
    return dict(options)


def complete_passkey_registration(answer: Any) -> None:
    """Check the answer against the challenge in the session. Reason: allauth's own views alone do it, with theirs."""
    webauthn.complete_registration(answer)


def begin_passkey_authentication(user: AbstractBaseUser | None) -> dict[str, Any]:
    """What a browser shows a passkey for: one of this person's, or anybody's. Reason: as for the registration."""
    options: dict[str, Any] = webauthn.begin_authentication(user)
    return options


def user_of_passkey(answer: Any) -> Any:
    """The person whom an unchecked answer names. Reason: as for the registration."""
    return webauthn.extract_user_from_response(answer)


def complete_passkey_authentication(user: AbstractBaseUser, answer: Any) -> Authenticator:
    """The passkey of the person that the answer shows. Reason: as for the registration."""
    return webauthn.complete_authentication(user, answer)
