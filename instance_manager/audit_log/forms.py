"""The forms of the audit log: its filters, as the address has them and as the page shows them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audit.record import Source
from accounts.audit.registry import registered_actions
from accounts.http import address_in
from accounts.text.free_text import ListedField, WordField
from instance_manager.audit_log.chips import chips_of
from instance_manager.audit_log.found import applications_as_links, people_as_links
from reference_tokens.lists.search import WITHOUT_TOKEN
from reference_tokens.log.filters import PARAMETERS, LogFilters, concerned
from reference_tokens.pages.issuing.forms import UTCDateTimeField

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

# What can be typed into a field that finds, and what stands below it.
FINDING = {
    "person": {"hint": gettext_lazy("Name or user name"), "label": gettext_lazy("Users")},
    "application": {"hint": gettext_lazy("Name or URI"), "label": gettext_lazy("Applications")},
}
ANY = [("", gettext_lazy("Any"))]
# Clocks of computers show no others, and hours before and after them are dates still.
FIRST_YEAR, LAST_YEAR = 1970, 9998


class LogInstantField(UTCDateTimeField):
    """An instant to the minute, or a day, which is its beginning."""

    def __init__(self, **options: Any) -> None:
        message = gettext_lazy("Enter a date and a time, like 2027-01-31T12:00.")
        super().__init__(
            required=False,
            input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d"],
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            error_messages={"invalid": message},
            **options,
        )

    def to_python(self, value: Any) -> datetime | None:
        """The instant."""
        instant = super().to_python(value)
        if instant and not FIRST_YEAR <= instant.year <= LAST_YEAR:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return instant


class AddressField(WordField):
    """An IP address, in the one form in which entries have it."""

    def clean(self, value: Any) -> str:
        """The address."""
        text = super().clean(value)
        address = address_in(text) if text else ""
        if address is None:
            raise ValidationError(_("Enter an IP address."))
        return address


def sources() -> list[tuple[str, Any]]:
    """The doors to choose from."""
    return [*ANY, *Source.choices]


def actions() -> list[tuple[str, Any]]:
    """The actions to choose from, by their words."""
    return [*ANY, *sorted(((name, str(action.words)) for name, action in registered_actions().items()), key=by_words)]


def by_words(choice: tuple[str, str]) -> str:
    """The order of choices."""
    return choice[1].casefold()


class LogFilterForm(forms.Form):
    """The filters of the audit log; a value that is not understood counts as not set, and the page says so."""

    person = WordField(label=gettext_lazy("Person or System User"), required=False, max_length=150)
    application = WordField(label=gettext_lazy("Trusted Application"), required=False, max_length=200)
    action = ListedField(label=gettext_lazy("Action"), required=False, choices=actions)
    source = ListedField(label=gettext_lazy("Through"), required=False, choices=sources)
    address = AddressField(label=gettext_lazy("Address"), required=False, max_length=60)
    token = WordField(label=gettext_lazy("Token (ID)"), required=False, max_length=60)
    server = WordField(label=gettext_lazy("Resource Server (ID)"), required=False, max_length=60)
    since = LogInstantField(label=gettext_lazy("From (UTC)"))
    until = LogInstantField(label=gettext_lazy("Before (UTC)"))

    def __init__(self, query: Mapping[str, str]) -> None:
        given = {name: query.get(name, "").strip() for name in PARAMETERS}
        super().__init__(given, auto_id="filter_%s")
        for name in ("token", "server", "address"):
            self.fields[name].widget.attrs |= {"pattern": WITHOUT_TOKEN, "title": _("Do not enter a whole token here")}
        self.full_clean()
        self.filters = LogFilters({name: value for name, value in self.cleaned_data.items() if value})
        # What is no filter may be a secret: only a number or a date stays to be corrected.
        self.data = given | {name: "" for name in self.errors if not re.fullmatch(r"[0-9T:. -]{1,20}", given[name])}
        self.named = concerned(self.filters)
        self.chips = chips_of(self.filters, self.named)
        self.pattern = WITHOUT_TOKEN
        people, applications = self.named.people, self.named.applications
        # One alone is the one that is meant.
        self.found = {
            "person": people_as_links(people if len(people) > 1 else [], self.filters),
            "application": applications_as_links(applications if len(applications) > 1 else [], self.filters),
        }

    @property
    def shown_fields(self) -> Iterable[dict[str, Any]]:
        """The fields, each with what it takes to find what it names as one types."""
        for field in self:
            found = self.found.get(field.name)
            url = reverse(f"manage:audit_log_{field.name}") if found else ""
            yield {"field": field, "links": found, "url": url} | FINDING.get(field.name, {})

    @property
    def is_open(self) -> bool:
        """Whether a field shows what was typed to be corrected, or to be chosen from."""
        return any(self.data[name] for name in self.errors) or any(found.found for found in self.found.values())
