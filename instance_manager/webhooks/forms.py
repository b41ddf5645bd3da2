"""The form of a webhook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.choosing import ChoosingForm, keep
from accounts.text.free_text import ChosenField
from instance_manager.choices import ApplicationField
from reference_tokens.models import EventType, Webhook

if TYPE_CHECKING:
    _WebhookModelForm = forms.ModelForm[Webhook]
else:
    _WebhookModelForm = forms.ModelForm


def events() -> list[tuple[str, str]]:
    """The events in the reader's language, each with its name, which programs read."""
    return [(event.value, f"{event.value}: {event.label}") for event in EventType]


class WebhookForm(ChoosingForm, _WebhookModelForm):
    """A webhook, new or known."""

    types = ChosenField(
        label=_("Events"),
        choices=events,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one event.")},
    )
    application = ApplicationField(
        label=_("Trusted Application"),
        required=False,
        help_text=_("The messages are about this application and its tokens alone."),
    )

    field_order = ("url", "types", "application", "description")

    class Meta:
        model = Webhook
        fields = ("url", "types", "application", "description")
        widgets = {"url": forms.URLInput()}
        error_messages = {"url": {"required": _("Enter the address.")}}
        help_texts = {
            "url": _("Messages are posted there, each signed with the secret of the webhook."),
            "description": _("For you and other administrators, for example what receives the messages."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:  # noqa: SLF001 - as Django's own forms ask
            self.initial.setdefault("types", [event for event in EventType.values if event != EventType.AUDIT_ENTRY])
        else:
            keep(self.fields["application"], [self.instance.application_id])
