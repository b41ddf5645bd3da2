"""What a person fills in on their own pages."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from accounts.forms.choosing import MOST_OFFERED, Chooser, ChosenOneField
from reference_tokens.lists.search import WITHOUT_TOKEN
from reference_tokens.pages.form_links import Prefill, Prefiller
from reference_tokens.pages.forms import TokenForm
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User


class ApplicationField(ChosenOneField):
    """One of the applications that somebody may issue for."""

    def __init__(self, **options: Any) -> None:
        widget = Chooser(
            columns=("name", "application_uri"),
            search_label=_("Find applications by name or URI"),
            url=reverse_lazy("profile:choices_application"),
            pattern=WITHOUT_TOKEN,
            is_single=True,
        )
        super().__init__(rows=TrustedApplication.objects.none(), condition=Q(), widget=widget, **options)

    def label_from_instance(self, obj: TrustedApplication) -> str:
        """The name, and where it is searched for, the URI by which it is known."""
        return f"{obj.name} ({obj.application_uri})" if isinstance(self.widget, Chooser) else obj.name


def applications_named(applications: QuerySet[TrustedApplication], name: str) -> list[TrustedApplication]:
    """The one of the applications that has this id or URI, if there is one."""
    try:
        return list(applications.filter(pk=uuid.UUID(name)))
    except ValueError:
        return list(applications.filter(application_uri__iexact=name.replace("\0", "")))


class PersonalTokenForm(TokenForm):
    """A PAT of the signed-in person, for one of the applications open to them (POL-2).

    Where these are many, one is chosen first, from which the rest of the form follows: `name` is its id or its URI,
    and `words` are looked for.
    """

    application = ApplicationField(
        label=_("Trusted Application"),
        empty_label=_("Choose an application"),
        help_text=_("Only applications that allow you to issue access tokens are listed."),
        error_messages={
            "required": _("Choose the application this token is for."),
            "invalid_choice": _("Choose one of the listed applications."),
        },
    )
    field_order = ("description", "application", "expires", "expires_at", "scopes", "request_key")

    def __init__(  # noqa: PLR0913 - who, when, and what the form begins with
        self,
        data: Mapping[str, Any] | None,
        *,
        user: User,
        now: datetime,
        prefiller: Prefiller = lambda _applications, _now: Prefill(),
        name: str = "",
        words: str = "",
    ) -> None:
        applications = TrustedApplication.objects.open_to(user).order_by("name", "id")
        offered = list(applications[: MOST_OFFERED + 1])
        self.are_many = len(offered) > MOST_OFFERED
        if self.are_many:
            offered = [] if words else applications_named(applications, name or (data or {}).get("application", ""))
        super().__init__(
            data,
            applications=offered,
            now=now,
            time_zone=user.time_zone,
            prefiller=prefiller,
        )
        application = self.fields["application"]
        assert isinstance(application, ApplicationField)  # noqa: S101 - for the type checker
        if self.asks_application:
            self.initial["application"] = name
            application.widget.words = words
        else:
            application.widget = forms.HiddenInput() if self.are_many else forms.Select()
        application.queryset = applications

    @property
    def asks_application(self) -> bool:
        """Whether one of many applications is to be chosen before all else."""
        return self.are_many and not self.applications

    @property
    def chosen_application(self) -> TrustedApplication | None:
        """The application chosen in a form that was sent."""
        chosen: TrustedApplication | None = self.cleaned_data.get("application")
        return chosen
