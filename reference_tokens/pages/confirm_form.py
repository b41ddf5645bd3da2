"""What people fill in before they act on tokens: why, and of many their number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.text.free_text import LineField, WordField
from accounts.text.numbers import grouped_number

if TYPE_CHECKING:
    from django.http import QueryDict


class ReasonForm(forms.Form):
    """Why an administrator revokes or suspends a token."""

    reason = LineField(
        label=gettext_lazy("Reason"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("The owners see it in their list, and it is in the audit log."),
    )


class ConfirmForm(ReasonForm):
    """The number of tokens, which somebody has read and types, and the reason where one is asked for."""

    number = WordField(
        label=gettext_lazy("Number of tokens"),
        error_messages={"required": gettext_lazy("Type the number of tokens.")},
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    field_order = ("number", "reason")

    def __init__(
        self, data: QueryDict | None, *, count: int, asks_reason: bool, typed: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=typed)
        self.count = count
        self.fields["number"].help_text = _("Type %(number)s to confirm.") % {"number": grouped_number(count)}
        if not asks_reason:
            del self.fields["reason"]

    def clean_number(self) -> str:
        """The number itself, however its digits are grouped."""
        typed = str(self.cleaned_data["number"])
        if "".join(filter(str.isdigit, typed)) != str(self.count):
            raise forms.ValidationError(
                _("Type %(number)s, the number of tokens."), params={"number": grouped_number(self.count)}
            )
        return typed
