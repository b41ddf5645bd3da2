"""The forms of a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from accounts.forms.choosing import ChoosingForm
from accounts.text.free_text import LineField
from instance_manager.choices import MembersField

if TYPE_CHECKING:
    _GroupModelForm = forms.ModelForm[Group]
else:
    _GroupModelForm = forms.ModelForm


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


class AddMembersForm(ChoosingForm):
    """People and System Users to be added to a group."""

    members = MembersField(label=_("Members"), error_messages={"required": _("Choose the users to add.")})
