"""Choosing a password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from accounts.passwords.hashers import LONGEST_PASSWORD
from accounts.text.free_text import LineField, WordField

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.models import User


class LoginForm(forms.Form):
    """The user name or e-mail address of an account whose password was forgotten."""

    login = WordField(
        label=_("User name or e-mail address"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True, "autocapitalize": "none"}),
        error_messages={"required": _("Enter your user name or your e-mail address.")},
    )


class NewPasswordForm(forms.Form):
    """A new password, typed once: the page can show it, and a reset corrects a mistake."""

    # Spaces count, at the ends too: a password is verified as it was typed.
    new_password = forms.CharField(
        label=_("New password"),
        max_length=LONGEST_PASSWORD,
        strip=False,
        help_text=_("At least 15 characters. Several words are easy to remember; spaces and every script are welcome."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={
            "required": _("Enter a new password."),
            "max_length": _("Use at most %(limit_value)d characters."),
        },
    )

    def __init__(self, data: Mapping[str, Any] | None, *, user: User) -> None:
        super().__init__(data)
        self.user = user

    def clean_new_password(self) -> str:
        """The password, if it keeps the rules."""
        password: str = self.cleaned_data["new_password"]
        validate_password(password, self.user)
        return password


class AcceptInvitationForm(NewPasswordForm):
    """The name and the password of a person who was invited."""

    name = LineField(
        label=_("Name"),
        max_length=150,
        required=False,
        help_text=_("The name that others see. If it is empty, they see your user name."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ("name", "new_password")

    def __init__(self, data: Mapping[str, Any] | None, *, user: User) -> None:
        super().__init__(data, user=user)
        self.initial["name"] = user.name


class ChangePasswordForm(NewPasswordForm):
    """The current password and the new one."""

    password = forms.CharField(
        label=_("Current password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
        error_messages={"required": _("Enter your current password.")},
    )
    field_order = ("password", "new_password")

    def clean_password(self) -> str:
        """The current password, if it is right."""
        password: str = self.cleaned_data["password"]
        if not get_adapter().reauthenticate(self.user, password):
            raise forms.ValidationError(_("This is not your current password."))
        return password

    def clean_new_password(self) -> str:
        """The new password, if it differs from the current one."""
        password = super().clean_new_password()
        if password == self.cleaned_data.get("password"):
            raise forms.ValidationError(_("This is already your password. Enter another one."))
        return password
