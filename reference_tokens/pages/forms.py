"""The form that issues a token, on both sites."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.forms.resumed_form import REPLACES
from accounts.text.free_text import ChosenField, LineField
from reference_tokens.lifecycle.issuance import TokenRequest, allowed_scopes
from reference_tokens.models.lifetime import DEFAULT_DAYS, expiry_in_days, require_allowed_expiry
from reference_tokens.pages.expiry_choices import (
    CUSTOM,
    NEVER,
    ExpiryChoice,
    application_names,
    expiry_choices,
    local_text,
    offered_expiries,
)
from reference_tokens.pages.form_links import Prefill, Prefiller
from trusted_apps.models import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trusted_apps.models import TrustedApplication

TICKED_SCOPE = "read"


@dataclass(frozen=True, slots=True)
class ScopeChoice:
    """One box of the scopes, and the applications that offer it."""

    name: str
    description: str
    checked: bool
    applications: list[str]
    offered_by: str


class UTCDateTimeField(forms.DateTimeField):
    """An instant typed without a zone, which is UTC whatever zone the person sees times in."""

    def to_python(self, value: Any) -> datetime | None:
        """The instant."""
        with timezone.override(UTC):
            return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        """What the form shows of an instant at first."""
        with timezone.override(UTC):
            return super().prepare_value(value)


class TokenForm(forms.Form):
    """What a person chooses of a token; everything else comes from the server (T12).

    `applications` are those it may be for, all of which the person may issue for. `prefiller` says how
    the form's address fills it in, `time_zone` is that of the person who sees it.
    """

    description = LineField(
        label=_("Description"),
        max_length=200,
        required=False,
        help_text=_("Recommended: describe its use, so that you recognize it later."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    expires = forms.ChoiceField(
        label=_("Expiration Time (UTC)"),
        error_messages={
            "required": _("Choose when the token expires."),
            "invalid_choice": _("Choose one of the expiration times."),
        },
    )
    expires_at = UTCDateTimeField(
        label=_("Expiration Time (UTC)"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": _("Enter a date and a time, like 2027-01-31T12:00.")},
    )
    scopes = ChosenField(
        label=_("Scopes"),
        error_messages={
            "required": _("Choose at least one scope."),
            "invalid_choice": _("%(value)s is not a scope of this application."),
        },
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        applications: Sequence[TrustedApplication],
        now: datetime,
        time_zone: str,
        prefiller: Prefiller = lambda _applications, _now: Prefill(),
    ) -> None:
        self.applications = applications
        self.now = now
        self.time_zone = time_zone
        prefill = prefiller(applications, now)
        self.notes = prefill.notes
        super().__init__(data, initial=initial_values(prefill.values))
        if REPLACES in (self.initial if data is None else data):
            self.fields[REPLACES] = forms.CharField(widget=forms.HiddenInput, required=False)
            self.notes.append(str(_("This form has already issued a token. It is revoked when you generate this one.")))
        known = Scope.objects.in_bulk({scope for application in applications for scope in application.scopes})
        self._scopes = [known[name] for name in sorted(known)]
        self.declared("scopes").choices = [(scope.name, scope.name) for scope in self._scopes]
        self.declared("expires").choices = [(value, value) for value, _label in offered_expiries(self.applications)]
        self._tick_an_expiry_that_is_offered()

    def declared(self, name: str) -> forms.ChoiceField:
        """One of the two fields whose choices depend on the applications."""
        declared = self.fields[name]
        assert isinstance(declared, forms.ChoiceField)  # noqa: S101 - for the type checker
        return declared

    @property
    def chosen_application(self) -> TrustedApplication | None:
        """The application that the token is for; None where none, or none that may be, was chosen."""
        return self.applications[0]

    @property
    def expiry_choices(self) -> list[ExpiryChoice]:
        """The expiration times that at least one application allows."""
        checked = str(self["expires"].value() or "")
        return expiry_choices(self.applications, checked=checked, now=self.now, time_zone=self.time_zone)

    @property
    def local_expiry(self) -> str:
        """The custom instant on the viewer's clock, where one stands in the form and the clock does not show UTC."""
        try:
            instant = self.fields["expires_at"].clean(self["expires_at"].value())
        except ValidationError:
            return ""
        return local_text(instant, self.time_zone) if instant else ""

    @property
    def scope_choices(self) -> list[ScopeChoice]:
        """The scopes that at least one application offers."""
        checked = self["scopes"].value() or []
        return [
            ScopeChoice(
                name=scope.name,
                description=scope.description,
                checked=scope.name in checked,
                applications=[str(application.pk) for application in offering],
                offered_by=application_names(offering) if len(offering) < len(self.applications) else "",
            )
            for scope in self._scopes
            for offering in [[application for application in self.applications if scope.name in application.scopes]]
        ]

    def clean(self) -> dict[str, Any]:
        """Hold the choices against the application's rules, which the issuing asks once more under its lock."""
        cleaned = super().clean() or self.cleaned_data
        application = self.chosen_application
        if "expires" in cleaned and "expires_at" in cleaned:
            self._clean_expiry(application, cleaned)
        if application and cleaned.get("scopes"):
            try:
                allowed_scopes(application, cleaned["scopes"])
            except ValidationError as error:
                self.add_error("scopes", error)
        return cleaned

    def token_request(self) -> TokenRequest:
        """What a valid form asks for."""
        return TokenRequest(
            scopes=self.cleaned_data["scopes"],
            expires_at=self.cleaned_data["expires_at"],
            description=self.cleaned_data["description"],
            request_key=self.cleaned_data["request_key"],
        )

    def _clean_expiry(self, application: TrustedApplication | None, cleaned: dict[str, Any]) -> None:
        choice = cleaned["expires"]
        at_fault = "expires_at" if choice == CUSTOM else "expires"
        if choice == CUSTOM and cleaned["expires_at"] is None:
            self.add_error(at_fault, _("Enter the date and time when the token expires."))
            return
        if choice != CUSTOM:
            cleaned["expires_at"] = None if choice == NEVER else expiry_in_days(int(choice), self.now)
        if application is None:
            return
        try:
            require_allowed_expiry(application, cleaned["expires_at"], self.now)
        except ValidationError as error:
            self.add_error(at_fault, error)

    def _tick_an_expiry_that_is_offered(self) -> None:
        offered = [value for value, _label in offered_expiries(self.applications)]
        if self.initial["expires"] not in offered:
            shorter = [value for value in offered if value.isdigit() and int(value) <= DEFAULT_DAYS]
            self.initial["expires"] = (shorter or [CUSTOM])[-1]


def initial_values(prefilled: dict[str, Any]) -> dict[str, Any]:
    """What the form shows at first: a fresh request key, 30 days, reading; or what its address asks for."""
    plain: dict[str, Any] = {
        "description": "",
        "application": "",
        "expires": str(DEFAULT_DAYS),
        "expires_at": "",
        "scopes": [TICKED_SCOPE],
        "request_key": uuid.uuid4(),
    }
    return plain | prefilled
