"""The form of an application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.forms.choosing import ChoosingForm, keep
from accounts.text.free_text import ChosenField
from instance_manager.applications.policy_words import POLICY_TEXTS
from instance_manager.choices import OwnersField, SystemUserField, offer_scopes
from trusted_apps.built_in import FIXED_COLUMNS
from trusted_apps.models import AccessTokensPolicy, TrustedApplication
from trusted_apps.registration import NO_SCOPE

if TYPE_CHECKING:
    _ApplicationModelForm = forms.ModelForm[TrustedApplication]
else:
    _ApplicationModelForm = forms.ModelForm


@dataclass(frozen=True, slots=True)
class PolicyChoice:
    """One card of the AccessTokens policy."""

    value: str
    label: str
    text: str
    checked: bool


class ApplicationForm(ChoosingForm, _ApplicationModelForm):
    """A Trusted Application, new or known."""

    scopes = ChosenField(
        label=_("Scopes"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The scopes that its tokens can have. Tokens lose a removed scope at once."),
    )
    system_user = SystemUserField(
        label=_("System User"),
        required=False,
        help_text=_("The identity of its service access tokens. A change takes effect at the next validation."),
    )
    owners = OwnersField(label=_("Owners"), required=False, help_text=_("People who are notified about it."))
    max_lifetime_days = forms.IntegerField(
        label=_("Maximum lifetime in days"),
        required=False,
        min_value=1,
        max_value=36_500,
        help_text=_("Leave empty for the maximum of this instance."),
    )

    field_order = (
        "name",
        "application_uri",
        "description",
        "access_tokens_policy",
        "scopes",
        "system_user",
        "owners",
    )

    class Meta:
        model = TrustedApplication
        fields = (
            "name",
            "application_uri",
            "description",
            "access_tokens_policy",
            "scopes",
            "system_user",
            "max_lifetime_days",
            "allows_tokens_without_expiry",
            "allows_self_rotation",
            "is_enabled",
        )
        error_messages = {
            "name": {"required": _("Enter a name.")},
            "application_uri": {"required": _("Enter the application URI.")},
            "access_tokens_policy": {"invalid_choice": _("Choose one of the policies.")},
        }
        help_texts = {
            "application_uri": _(
                "Identifies the application, for example com.example/excel. It is the client id of its tokens."
            ),
            "allows_tokens_without_expiry": _("A forgotten token without expiry stays valid."),
            "allows_self_rotation": _("A program may replace its own token over the API, within the maximum lifetime."),
            "is_enabled": _("While it is disabled, no token can be issued for it and none of its tokens is valid."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_scopes(self.fields["scopes"])
        if self.instance._state.adding:  # noqa: SLF001 - as Django's own forms ask
            self.initial.setdefault("scopes", ["read"])
            self.fields["scopes"].required = True
            self.fields["scopes"].error_messages["required"] = NO_SCOPE
        else:
            keep(self.fields["system_user"], [self.instance.system_user_id])
            url = reverse("manage:application_owners", args=[self.instance.pk])
            self.begin_with("owners", self.instance.owners, url)
            if self.instance.is_built_in:
                for name in FIXED_COLUMNS:
                    del self.fields[name]

    @property
    def policy_choices(self) -> list[PolicyChoice]:
        """The AccessTokens policies, each with its meaning."""
        checked = str(self["access_tokens_policy"].value())
        return [
            PolicyChoice(str(policy), str(policy), str(POLICY_TEXTS[policy]), str(policy) == checked)
            for policy in AccessTokensPolicy
        ]
