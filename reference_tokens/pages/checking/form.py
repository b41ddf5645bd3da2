"""What a person fills in to have a token checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q, QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms.choosing import Chooser, ChoosingForm, ChosenOneField
from reference_tokens.lists.search import WITHOUT_TOKEN
from reference_tokens.models import ResourceServer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.functional import Promise


NO_SERVER = gettext_lazy("Forward auth without a Resource Server")


class UnshownText(forms.Textarea):
    """A text in which line breaks are kept, and which no answer shows again."""

    def format_value(self, _value: Any) -> None:
        """Nothing, whatever was sent."""


class ServerField(ChosenOneField):
    """The Resource Server that asks, or none; `choices` is the name of the address that answers its search."""

    def __init__(
        self,
        *,
        choices: str,
        servers: QuerySet[ResourceServer] | None = None,
        none_label: Promise | str = NO_SERVER,
        **options: Any,
    ) -> None:
        widget = Chooser(
            columns=("name", "client_id"),
            search_label=gettext_lazy("Find Resource Servers by name or client id"),
            url=reverse_lazy(choices),
            pattern=WITHOUT_TOKEN,
            is_single=True,
            none_label=none_label,
        )
        rows = (ResourceServer.objects.all() if servers is None else servers).order_by("name", "pk")
        super().__init__(rows=rows, condition=Q(), widget=widget, **options)

    def clean(self, value: Any) -> ResourceServer | None:
        """The chosen one; to choose none is an answer too."""
        return super().clean(value) if value else None

    def label_from_instance(self, obj: ResourceServer) -> str:
        """The name; of a disabled one, that it is."""
        return obj.name if obj.is_enabled else _("%(name)s (disabled)") % {"name": obj.name}


class CheckForm(ChoosingForm):
    """Asks about the token with this value, which is sent in the body of the form alone, or about one chosen before."""

    # Named so that no address ever carries it (`accounts.forms.resumed_form`).
    secret = forms.CharField(
        label=gettext_lazy("Token"),
        max_length=1000,
        help_text=gettext_lazy(
            "Paste it as the program sends it: it is looked up by its digest and written nowhere. If you do not have "
            "it, choose Check on the page of the token."
        ),
        # What stands around it is part of what a program sends.
        strip=False,
        widget=UnshownText(
            attrs={"rows": 2, "autocomplete": "off", "autocapitalize": "off", "spellcheck": "false", "class": "code"}
        ),
        error_messages={"required": gettext_lazy("Paste the token that is refused.")},
    )

    def __init__(self, data: Mapping[str, Any] | None, *, server: ServerField, asks_value: bool) -> None:
        super().__init__(data)
        self.fields["server"] = server
        if not asks_value:
            del self.fields["secret"]
        elif data is None:
            # Later the focus is on the answer, or on what is wrong.
            self.fields["secret"].widget.attrs["autofocus"] = True
