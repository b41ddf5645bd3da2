"""The forms of people and System Users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.forms.choosing import ChoosingForm
from accounts.models import User
from accounts.people.directory import UserKind, UserState
from accounts.text.free_text import ListedField, WordField
from instance_manager.choices import GroupsField

if TYPE_CHECKING:
    from collections.abc import Iterable

    _UserModelForm = forms.ModelForm[User]
else:
    _UserModelForm = forms.ModelForm


class UserFilterForm(forms.Form):
    """The filters of the list of users."""

    q = WordField(
        label=_("Name or e-mail address"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    kind = ListedField(label=_("Kind"), required=False, choices=[("", _("All")), *UserKind.choices])
    state = ListedField(label=_("State"), required=False, choices=[("", _("All")), *UserState.choices])

    def __init__(self, chosen: dict[str, str], *, names: Iterable[str] = ("q", "kind", "state")) -> None:
        """Offer the filters of these names."""
        super().__init__(chosen)
        self.fields = {name: self.fields[name] for name in names}


USER_NAME_ERRORS = {"required": _("Enter a user name.")}


class UserForm(ChoosingForm, _UserModelForm):
    """A person, whose user name stays; or a System User, new or known."""

    groups = GroupsField(
        label=_("Groups"),
        required=False,
        help_text=_("Resource Servers with access to profiles receive it."),
    )

    field_order = ("username", "name", "email", "groups")

    class Meta:
        model = User
        fields = ("username", "name", "email")
        help_texts = {
            "username": _(
                "Only letters from A to Z, digits and . _ @ + # - are allowed. The old user name is never reused."
            ),
            "email": _("Used to sign in and for mails. Links mailed before a change no longer work."),
        }
        error_messages = {"username": USER_NAME_ERRORS}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["username" if self.instance.is_person else "email"]
        # A new user has no id yet to stand in a group; without groups there is nothing to choose.
        if self.instance._state.adding or not Group.objects.exists():  # noqa: SLF001 - how Django tells
            del self.fields["groups"]
        else:
            self.begin_with(
                "groups", self.instance.groups, reverse("manage:group_list", query={"member": self.instance.pk})
            )


class InvitationForm(_UserModelForm):
    """A person to be invited."""

    class Meta:
        model = User
        fields = ("username", "email", "name", "is_administrator")
        help_texts = {
            "username": _("Only letters from A to Z, digits and . _ @ + # - are allowed. User names are never reused."),
            "email": _("The invitation is sent here. Its link works once, for 7 days."),
            "name": _("They can enter it themselves."),
            "is_administrator": _("Administrators manage all applications, tokens and users of this instance."),
        }
        error_messages = {
            "username": USER_NAME_ERRORS,
            "email": {"required": _("Enter the e-mail address for the invitation.")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True


class DeactivationForm(forms.Form):
    """What happens to the tokens of a user who is deactivated."""

    revoke = forms.BooleanField(
        label=_("Revoke them now"),
        required=False,
        help_text=_("Otherwise they are active again when this person is reactivated. A revocation cannot be undone."),
    )
