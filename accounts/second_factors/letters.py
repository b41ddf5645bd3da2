"""The mails about changes of second factors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from django.utils.translation import gettext as _

from accounts.addresses import address_of
from accounts.mails.message import Letter

if TYPE_CHECKING:
    from accounts.models import User


def added_letter(kind: str) -> Letter:
    """A factor was added."""
    is_app = kind == Authenticator.Type.TOTP
    return Letter(
        subject=_("An authenticator app was added") if is_app else _("A passkey was added"),
        paragraphs=[
            _("An authenticator app is now a second factor of your account.")
            if is_app
            else _("A passkey or security key can now be used to sign in to your account.")
        ],
        **factor_advice(_("If it was not you, remove it there, change your password and tell an administrator.")),
    )


def removed_letter(kind: str, *, was_last: bool) -> Letter:
    """A factor was removed."""
    is_app = kind == Authenticator.Type.TOTP
    paragraphs = [
        _("Codes from your authenticator app are no longer accepted.")
        if is_app
        else _("One of your passkeys or security keys can no longer be used to sign in.")
    ]
    if was_last:
        paragraphs.append(
            _(
                "It was your last second factor. You now sign in with one factor alone, and your recovery "
                "codes no longer work."
            )
        )
    return Letter(
        subject=_("Your authenticator app was removed") if is_app else _("A passkey was removed"),
        paragraphs=paragraphs,
        **factor_advice(_("If it was not you, change your password, add it again and tell an administrator.")),
    )


def codes_letter() -> Letter:
    """New recovery codes were made."""
    return Letter(
        subject=_("New recovery codes were generated"),
        paragraphs=[_("Your previous recovery codes no longer work.")],
        **factor_advice(
            _("If it was not you, generate new ones there, change your password and tell an administrator.")
        ),
    )


def reset_letter() -> Letter:
    """Somebody else removed every factor, as for a person who is locked out."""
    return Letter(
        subject=_("Your second factors were removed"),
        paragraphs=[
            _(
                "An administrator removed your authenticator app, passkeys and recovery codes, so that you "
                "can sign in again."
            ),
            _("Set up a second factor again after you sign in."),
        ],
        **factor_advice(_("If you did not request this, tell an administrator at once.")),
    )


def guessing_letter(user: User) -> Letter:
    """Somebody enters wrong codes, and must know the first factor."""
    return Letter(
        subject=_("Wrong codes were entered for your account"),
        paragraphs=[
            _(
                "Somebody who has passed the first step of signing in as %(username)s, such as your password, keeps "
                "entering wrong codes. No more codes are taken for a while."
            )
            % {"username": user.username},
        ],
        **factor_advice(_("If it was not you, change your password.")),
    )


def factor_advice(words: str) -> dict[str, Any]:
    """The last part of each mail: where to look, and what to do if it was somebody else."""
    return {
        "action_label": _("Check your second factors"),
        "action_path": address_of("own second factors"),
        "closing": [words],
    }
