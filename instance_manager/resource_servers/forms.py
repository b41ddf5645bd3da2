"""The form of a Resource Server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.forms.choosing import ChoosingForm
from accounts.text.free_text import ChosenField
from instance_manager.choices import ApplicationsField, offer_scopes
from reference_tokens.models import ResourceServer

if TYPE_CHECKING:
    _ServerModelForm = forms.ModelForm[ResourceServer]
else:
    _ServerModelForm = forms.ModelForm


class ResourceServerForm(ChoosingForm, _ServerModelForm):
    """A Resource Server, new or known."""

    applications = ApplicationsField(
        label=_("Trusted Applications"),
        required=False,
        help_text=_("It may ask about tokens of these applications. All other tokens are inactive for it."),
    )
    required_scopes = ChosenField(
        label=_("Required scopes"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Scopes that a token needs at forward auth."),
    )

    field_order = ("name", "asks_for_all_applications", "applications")

    class Meta:
        model = ResourceServer
        fields = (
            "name",
            "asks_for_all_applications",
            "may_revoke",
            "shares_profile",
            "required_scopes",
            "is_enabled",
        )
        labels = {
            "asks_for_all_applications": _("It may ask about the tokens of every application"),
            "may_revoke": _("It may revoke the tokens it may ask about"),
            "shares_profile": _("It receives the holder's name, e-mail address and groups"),
        }
        error_messages = {"name": {"required": _("Enter a name.")}}
        help_texts = {
            "is_enabled": _("While it is disabled, all its requests are refused."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A deleted scope keeps its box: forward auth must not admit more because somebody corrects a name.
        offer_scopes(self.fields["required_scopes"], kept=self.instance.required_scopes)

        if self.instance.pk:
            url = reverse("manage:server_applications", args=[self.instance.pk])
            self.begin_with("applications", self.instance.applications, url)
