"""The forms for second factors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.people.access import may_sign_in
from accounts.second_factors import passkeys
from accounts.second_factors.attempts import accepted_factor
from accounts.second_factors.factors import APP, CODES
from accounts.text.free_text import LineField, WordField

if TYPE_CHECKING:
    from collections.abc import Callable

    from allauth.mfa.models import Authenticator
    from django.http import HttpRequest

    from accounts.models import User

# No answer of a browser is longer. It is parsed before anything of it is checked.
LONGEST_ANSWER = 16_384


def code_field(label: Any) -> WordField:
    """A field for a code; telephones offer digits."""
    widget = forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True})
    return WordField(label=label, max_length=40, widget=widget, error_messages={"required": _("Enter the code.")})


class CodeForm(forms.Form):
    """A code of the person's authenticator app; to sign in also one of their recovery codes."""

    code = code_field(_("Code from your authenticator app"))
    by: tuple[str, ...] = (APP,)

    def __init__(self, data: Any, *, request: HttpRequest, user: User) -> None:
        super().__init__(data)
        self.request, self.user = request, user

    def clean_code(self) -> Authenticator:
        """The factor that accepted the code."""
        return accepted_factor(self.request, self.user, self.cleaned_data["code"], by=self.by)


class SignInCodeForm(CodeForm):
    """A code to sign in with, of the app or a recovery code."""

    by = (APP, CODES)

    def __init__(self, data: Any, *, request: HttpRequest, user: User, has_app: bool) -> None:
        super().__init__(data, request=request, user=user)
        if has_app:
            self.fields["code"].help_text = _("Without the app, enter one of your recovery codes.")
        else:
            self.fields["code"].label = _("Recovery code")
            self.fields["code"].widget.attrs.pop("autofocus")


class AnswerForm(forms.Form):
    """The answer of a browser that was asked for a passkey."""

    # A subclass says what the answer stands for, or raises `ValidationError`.
    checked: Callable[[Any], Any]
    credential = forms.CharField(
        max_length=LONGEST_ANSWER,
        widget=forms.HiddenInput,
        error_messages={"required": _("The browser did not return a passkey. Try again, or use another way.")},
    )

    def clean_credential(self) -> Any:
        """The answer, parsed and checked."""
        try:
            answer = json.loads(self.cleaned_data["credential"])
        except (ValueError, RecursionError) as error:
            raise passkeys.passkey_refusal() from error
        return self.checked(answer)


class ShownPasskeyForm(AnswerForm):
    """One of the person's passkeys, as a second factor."""

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        self.user = user

    def checked(self, answer: Any) -> Authenticator:
        """The passkey that was shown."""
        return passkeys.shown_passkey(self.user, answer, verified=False)


class SignInPasskeyForm(AnswerForm):
    """A passkey as both factors at once: the browser had its person verified by PIN or body."""

    def checked(self, answer: Any) -> Authenticator:
        """The passkey of a person who may sign in; every other passkey is refused in the same words."""
        user = passkeys.claimed_owner(answer)
        if not may_sign_in(user):
            raise passkeys.passkey_refusal()
        return passkeys.shown_passkey(user, answer, verified=True)


class PasskeyNameForm(forms.Form):
    """The name of a passkey."""

    name = LineField(
        label=_("Name"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Helps you recognize it in the list."),
        error_messages={"required": _("Give the passkey a name.")},
    )


class NewPasskeyForm(PasskeyNameForm, AnswerForm):
    """A new passkey and its name."""

    def checked(self, answer: Any) -> Any:
        """The answer, checked."""
        passkeys.check_registration(answer)
        return answer


class NewAppForm(forms.Form):
    """The first code of an app that is being set up."""

    code = code_field(_("Code that the app shows"))

    def __init__(self, data: Any, *, step: Any = None) -> None:
        super().__init__(data)
        self.step_of = step
        # The field stands below the picture: focus would scroll the picture out of sight.
        self.fields["code"].widget.attrs.pop("autofocus")

    def clean_code(self) -> int:
        """The time step of the code."""
        step = self.step_of(self.cleaned_data["code"])
        if step is None:
            raise ValidationError(
                _("The code is wrong. Check that the app shows the code for this account, and enter it again.")
            )
        return int(step)
