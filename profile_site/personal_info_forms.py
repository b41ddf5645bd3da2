"""What a person fills in about themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.people.personal_info import time_zone_choices
from accounts.text.free_text import EmailField, LineField

if TYPE_CHECKING:
    from accounts.models import User


# The choice of who chose no language, with its name.
BROWSERS_LANGUAGE = ("", _("The browser's language"))


class PersonalInfoForm(forms.Form):
    """The name others see, and how the person reads texts and times."""

    name = LineField(
        label=_("Name"),
        max_length=150,
        required=False,
        help_text=_("The name that others see. If it is empty, they see your user name."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=[BROWSERS_LANGUAGE, *settings.LANGUAGES],
        required=False,
        error_messages={"invalid_choice": _("Choose one of the languages.")},
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("Times are shown in this time zone. Expiration times in token forms are always UTC."),
        error_messages={
            "required": _("Choose a time zone."),
            "invalid_choice": _("Choose one of the listed time zones."),
        },
    )

    def __init__(self, data: Mapping[str, Any] | None, *, user: User) -> None:
        names = ("name", "language", "time_zone")
        super().__init__(data, initial={name: getattr(user, name) for name in names})
        time_zone = self.fields["time_zone"]
        assert isinstance(time_zone, forms.ChoiceField)  # noqa: S101 - for the type checker
        time_zone.choices = time_zone_choices(user.time_zone)


class EmailForm(forms.Form):
    """A new e-mail address."""

    email = EmailField(
        label=_("New e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": _("Enter the new e-mail address."),
            "invalid": _("Enter an e-mail address, like alice@example.com."),
        },
    )

    def __init__(self, data: Mapping[str, Any] | None, *, user: User, typed: str = "") -> None:
        super().__init__(data, initial={"email": typed})
        self.user = user

    def clean_email(self) -> str:
        """The address, which is not the one that the person has."""
        email: str = self.cleaned_data["email"]
        if email == self.user.email:
            raise forms.ValidationError(_("This is already your e-mail address."))
        return email
