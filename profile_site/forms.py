"""What a person fills in on their own pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from reference_tokens.form_links import Filled, Filling
from reference_tokens.forms import TokenForm
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    from accounts.models import User


class PersonalTokenForm(TokenForm):
    """A PAT of the signed-in person, for one of the applications open to them (POL-2)."""

    application = forms.ModelChoiceField(
        label=_("Trusted Application"),
        queryset=TrustedApplication.objects.none(),
        empty_label=_("Choose an application"),
        help_text=_("Only applications that allow you to issue access tokens are listed."),
        error_messages={
            "required": _("Choose the application this token is for."),
            "invalid_choice": _("Choose one of the listed applications."),
        },
    )
    field_order = ("description", "application", "expires", "expires_at", "scopes", "request_key")

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        user: User,
        now: datetime,
        fill: Filling = lambda _applications, _now: Filled(),
    ) -> None:
        applications = TrustedApplication.objects.open_to(user).order_by("name", "id")
        super().__init__(
            data,
            applications=list(applications),
            now=now,
            time_zone=user.time_zone,
            fill=fill,
        )
        application = self.fields["application"]
        assert isinstance(application, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        application.queryset = applications
        application.label_from_instance = attrgetter("name")  # type: ignore[method-assign,assignment] # as Django documents it

    @property
    def chosen_application(self) -> TrustedApplication | None:
        """The application chosen in a form that was sent."""
        chosen: TrustedApplication | None = self.cleaned_data.get("application")
        return chosen
