"""The forms of a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.people.creation import person_called
from accounts.text.free_text import LineField, WordField

if TYPE_CHECKING:
    _UserModelForm = forms.ModelForm[User]
    _GroupModelForm = forms.ModelForm[Group]
else:
    _UserModelForm = _GroupModelForm = forms.ModelForm


class GroupForm(_GroupModelForm):
    """A group, new or known."""

    class Meta:
        model = Group
        fields = ("name",)
        # The column belongs to Django, so the form says how its text is read.
        field_classes = {"name": LineField}
        error_messages = {
            "name": {"required": _("Enter a name."), "unique": _("Another group has this name.")},
        }


class MemberForm(forms.Form):
    """Somebody to be added to a group."""

    member = WordField(
        label=_("User name or e-mail address"),
        max_length=254,
        error_messages={"required": _("Enter a user name or an e-mail address.")},
    )

    def clean_member(self) -> User:
        """The person or System User of this name."""
        user = person_called(self.cleaned_data["member"])
        if user is None or user.deleted_at:
            raise forms.ValidationError(_("No user has this user name or e-mail address."))
        return user
