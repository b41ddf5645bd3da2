"""What administrators fill in before they act on tokens."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.text.free_text import LineField


class ReasonForm(forms.Form):
    """Why an administrator revokes or suspends a token."""

    reason = LineField(
        label=_("Reason"),
        max_length=200,
        required=False,
        help_text=_("The owners see it in their list, and it is in the audit log."),
    )
