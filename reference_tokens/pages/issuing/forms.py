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
from reference_tokens.lifecycle.issuance import TokenRequest
from reference_tokens.models.lifetime import DEFAULT_DAYS, expiry_in_days, require_allowed_expiry
from reference_tokens.pages.issuing.expiry_choices import (
    CUSTOM,
    EVERY_EXPIRY,
    NEVER,
    ExpiryChoice,
    expiry_choices,
    local_text,
    offered_expiries,
)
from reference_tokens.pages.issuing.form_links import FORMAT_OF_INSTANT, LONGEST_DESCRIPTION, Prefill, Prefiller
from trusted_apps.models import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trusted_apps.models import TrustedApplication

TICKED_SCOPE = "read"
# So many scopes are seen at a glance; more are looked through by a filter.
MOST_SCOPES_AT_A_GLANCE = 6
# What the form asks once it is known which application the token is for.
OF_THE_APPLICATION = ("description", "expires", "expires_at", "scopes")


@dataclass(frozen=True, slots=True)
class ScopeChoice:
    """One box of the scopes."""

    name: str
    description: str
    checked: bool


class DescriptionField(LineField):
    """What a token is called."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "off"})
        super().__init__(
            label=_("Description"), max_length=LONGEST_DESCRIPTION, required=False, widget=widget, **options
        )


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


class ExpiryInstantField(UTCDateTimeField):
    """The instant at which tokens expire, to the minute."""

    def __init__(self, **options: Any) -> None:
        errors = {"invalid": _("Enter a date and a time, like 2027-01-31T12:00.")} | options.pop("error_messages", {})
        super().__init__(
            input_formats=[FORMAT_OF_INSTANT, f"{FORMAT_OF_INSTANT}:%S"],
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=FORMAT_OF_INSTANT),
            error_messages=errors,
            **options,
        )


class TokenForm(forms.Form):
    """What a person chooses of a token; everything else comes from the server (T12).

    `application` is the one it is for, if that is known: its rules decide what the form offers. `prefiller` says how
    the form's address fills it in, `time_zone` is that of the person who sees it.
    """

    description = DescriptionField(help_text=_("Recommended, to recognize it later."))
    expires = forms.ChoiceField(
        label=_("Expiration Time (UTC)"),
        error_messages={
            "required": _("Choose when the token expires."),
            "invalid_choice": _("Choose one of the expiration times."),
        },
    )
    expires_at = ExpiryInstantField(label=_("Expiration Time (UTC)"), required=False)
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
        application: TrustedApplication | None,
        now: datetime,
        time_zone: str,
        prefiller: Prefiller = lambda _application, _now: Prefill(),
    ) -> None:
        self.now = now
        self.time_zone = time_zone
        prefill = prefiller(application, now)
        self.notes = prefill.notes
        super().__init__(data, initial=initial_values(prefill.values))
        if REPLACES in (self.initial if data is None else data):
            self.fields[REPLACES] = forms.CharField(widget=forms.HiddenInput, required=False)
            self.notes.append(str(_("This form has already issued a token. It is revoked when you generate this one.")))
        if application:
            self._offer_what_it_allows(application)
        else:
            for name in OF_THE_APPLICATION:
                del self.fields[name]
        self.chosen_application = application

    def _offer_what_it_allows(self, application: TrustedApplication) -> None:
        known = Scope.objects.in_bulk(application.scopes)
        self._scopes = [known[name] for name in sorted(known)]
        self.declared("scopes").choices = [(scope.name, scope.name) for scope in self._scopes]
        offered = offered_expiries(application)
        # Of those that are not offered the application's rules say more than that they are not.
        self.declared("expires").choices = [(value, value) for value in EVERY_EXPIRY]
        if self.initial["expires"] not in (values := [value for value, _label in offered]):
            shorter = [value for value in values if value.isdigit() and int(value) <= DEFAULT_DAYS]
            self.initial["expires"] = (shorter or [CUSTOM])[-1]

    def declared(self, name: str) -> forms.ChoiceField:
        """One of the two fields whose choices depend on the application."""
        declared = self.fields[name]
        assert isinstance(declared, forms.ChoiceField)  # noqa: S101 - for the type checker
        return declared

    @property
    def expiry_choices(self) -> list[ExpiryChoice]:
        """The expiration times that the application allows."""
        assert self.chosen_application is not None  # noqa: S101 - for the type checker
        checked = str(self["expires"].value() or "")
        return expiry_choices(self.chosen_application, checked=checked, now=self.now, time_zone=self.time_zone)

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
        """The scopes that the application offers."""
        checked = self["scopes"].value() or []
        return [ScopeChoice(scope.name, scope.in_words, scope.name in checked) for scope in self._scopes]

    @property
    def has_many_scopes(self) -> bool:
        """Whether the scopes are too many to be seen at a glance."""
        return len(self._scopes) > MOST_SCOPES_AT_A_GLANCE

    def clean(self) -> dict[str, Any]:
        """Hold the choices against the application's rules, which the issuing asks once more under its lock."""
        cleaned = super().clean() or self.cleaned_data
        if "expires" in cleaned and "expires_at" in cleaned:
            self._clean_expiry(cleaned)
        return cleaned

    def token_request(self) -> TokenRequest:
        """What a valid form asks for."""
        return TokenRequest(
            scopes=self.cleaned_data["scopes"],
            expires_at=self.cleaned_data["expires_at"],
            description=self.cleaned_data["description"],
            request_key=self.cleaned_data["request_key"],
        )

    def _clean_expiry(self, cleaned: dict[str, Any]) -> None:
        choice = cleaned["expires"]
        at_fault = "expires_at" if choice == CUSTOM else "expires"
        if choice == CUSTOM and cleaned["expires_at"] is None:
            self.add_error(at_fault, _("Enter the date and time when the token expires."))
            return
        if choice != CUSTOM:
            cleaned["expires_at"] = None if choice == NEVER else expiry_in_days(int(choice), self.now)
        assert self.chosen_application is not None  # noqa: S101 - for the type checker
        try:
            require_allowed_expiry(self.chosen_application, cleaned["expires_at"], self.now)
        except ValidationError as error:
            self.add_error(at_fault, error)


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
