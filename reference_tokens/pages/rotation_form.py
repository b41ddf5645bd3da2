"""The form that rotates a token: how long its old value lives on."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.forms.resumed_form import REPLACES, REQUEST_KEY, is_resumed
from accounts.text.languages import instant_in_words
from reference_tokens.lifecycle.rotation import DEFAULT_OVERLAP, OVERLAPS, end_after
from reference_tokens.pages.issuing.expiry_choices import local_time_beside

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.http import SignedInRequest
    from reference_tokens.models import ReferenceToken

HOURS_IN_WORDS = 24


@dataclass(frozen=True, slots=True)
class OverlapChoice:
    """One card: how long the old value lives on, and the instant that it means, in UTC and to the viewer."""

    value: str
    label: str
    instant_text: str
    local_text: str
    checked: bool


class RotationForm(forms.Form):
    """How long the old value of a token lives on; everything else is as it was."""

    overlap = forms.ChoiceField(
        choices=[(str(int(overlap.total_seconds())), "") for overlap in OVERLAPS],
        error_messages={
            "required": gettext_lazy("Choose how long the old value lives on."),
            "invalid_choice": gettext_lazy("Choose one of the times that the old value may live on."),
        },
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        token: ReferenceToken,
        now: datetime,
        time_zone: str,
        prefill: dict[str, Any],
    ) -> None:
        self.token, self.now, self.time_zone = token, now, time_zone
        offered = [str(int(overlap.total_seconds())) for overlap in OVERLAPS]
        overlap = prefill.get("overlap")
        at_first = {"overlap": overlap if overlap in offered else str(int(DEFAULT_OVERLAP.total_seconds()))}
        super().__init__(data, initial={REQUEST_KEY: uuid.uuid4(), **prefill, **at_first})
        if REPLACES in (prefill if data is None else data):
            self.fields[REPLACES] = forms.CharField(widget=forms.HiddenInput, required=False)

    @property
    def overlap_choices(self) -> list[OverlapChoice]:
        """The times that the old value may live on, as cards."""
        return [self._choice(overlap) for overlap in OVERLAPS]

    @property
    def key(self) -> uuid.UUID | None:
        """The key that names this form; None where it was sent without one, or with something else."""
        try:
            key: uuid.UUID | None = self.fields[REQUEST_KEY].clean(self[REQUEST_KEY].value())
        except ValidationError:
            return None
        return key

    @property
    def chosen_overlap(self) -> timedelta:
        """What a valid form asks for."""
        return timedelta(seconds=int(self.cleaned_data["overlap"]))

    def _choice(self, overlap: timedelta) -> OverlapChoice:
        value = str(int(overlap.total_seconds()))
        end = end_after(self.token, overlap, self.now)
        return OverlapChoice(
            value=value,
            label=overlap_label(overlap),
            instant_text=instant_in_words(end.astimezone(UTC)) if overlap else _("It ends now"),
            local_text=local_time_beside(end, self.time_zone) if overlap else "",
            checked=value == self["overlap"].value(),
        )


def overlap_label(overlap: timedelta) -> str:
    """How long the old value lives on, in words."""
    hours = int(overlap.total_seconds()) // 3_600
    if not hours:
        return _("At once")
    if hours <= HOURS_IN_WORDS:
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    return ngettext("%(count)d day", "%(count)d days", overlap.days) % {"count": overlap.days}


def prefill_of_rotation(request: SignedInRequest) -> dict[str, Any]:
    """What the address fills in; what ends a value that nobody saw only for the person who had sent that form."""
    prefill: dict[str, Any] = {"overlap": request.GET.get("overlap", "")}
    if REPLACES in request.GET and is_resumed(request):
        prefill |= {name: request.GET.get(name, "") for name in (REPLACES, REQUEST_KEY)}
    return prefill
