"""django-allauth's forms in this product's words."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm, ReauthenticateForm
from django.utils.translation import gettext_lazy as _

from accounts.text.free_text import WordField


class SignInForm(LoginForm):  # type: ignore[misc] # allauth is not typed
    """A user name or e-mail address, and the password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login = WordField(max_length=self.fields["login"].max_length, widget=self.fields["login"].widget)
        self.fields["login"], password = login, self.fields["password"]
        login.label = _("User name or e-mail address")
        login.error_messages["required"] = _("Enter your user name or your e-mail address.")
        login.widget.attrs |= {"autocomplete": "username", "autofocus": True, "placeholder": ""}
        password.error_messages["required"] = _("Enter your password.")
        password.widget.attrs |= {"placeholder": ""}
        password.help_text = ""


class ConfirmPasswordForm(ReauthenticateForm):  # type: ignore[misc] # allauth is not typed
    """The password once more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        password = self.fields["password"]
        password.error_messages["required"] = _("Enter your password.")
        password.widget.attrs |= {"placeholder": "", "autofocus": True}
        password.help_text = ""
