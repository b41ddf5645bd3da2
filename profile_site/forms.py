"""What a person fills in on their own pages."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.text.free_text import refuse_secret
from reference_tokens.pages.issuing.form_links import Prefill, Prefiller
from reference_tokens.pages.issuing.forms import TokenForm
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User

    _OneField = forms.ModelChoiceField[TrustedApplication]
else:
    _OneField = forms.ModelChoiceField


class ApplicationField(_OneField):
    """One of the applications that somebody may issue for. It is found by a search, and never in a list of all."""

    def __init__(self, **options: Any) -> None:
        super().__init__(TrustedApplication.objects.none(), widget=forms.HiddenInput, **options)

    def clean(self, value: Any) -> Any:
        """The chosen application."""
        refuse_secret(str(value or ""))
        return super().clean(value)


class PersonalTokenForm(TokenForm):
    """A PAT of the signed-in person, for one of the applications open to them (POL-2).

    The application is chosen before all else, where there are several: `name` is its id or its URI.
    """

    application = ApplicationField(
        label=_("Trusted Application"),
        error_messages={
            "required": _("Choose the application this token is for."),
            "invalid_choice": _("Choose one of the listed applications."),
        },
    )
    field_order = ("application", "description", "expires", "expires_at", "scopes", "request_key")

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        user: User,
        now: datetime,
        prefiller: Prefiller = lambda _application, _now: Prefill(),
        name: str = "",
    ) -> None:
        open_applications = TrustedApplication.objects.open_to(user)
        some = list(open_applications.order_by()[:2])
        self.are_several = len(some) > 1
        if data is not None:
            chosen = application_named(open_applications, data.get("application", ""))
        else:
            only = None if self.are_several else next(iter(some), None)
            chosen = application_named(open_applications, name) or only
        super().__init__(data, application=chosen, now=now, time_zone=user.time_zone, prefiller=prefiller)
        field = self.fields["application"]
        assert isinstance(field, ApplicationField)  # noqa: S101 - for the type checker
        field.queryset = open_applications
        if chosen:
            self.initial["application"] = str(chosen.pk)
        else:
            field.widget = forms.TextInput()


def application_named(applications: QuerySet[TrustedApplication], name: str) -> TrustedApplication | None:
    """The one of the applications that has this id or URI, if there is one."""
    try:
        return applications.filter(pk=uuid.UUID(name)).first()
    except ValueError:
        return applications.filter(application_uri__iexact=name.replace("\0", "")).first() if name else None
