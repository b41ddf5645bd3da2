"""Forms that edit something that exists: the version they carry, and their words about a conflict."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from accounts.audit.words import names_of_actors, who_in_words
from accounts.forms.resumed_form import is_resumed
from accounts.forms.versions import Opened, last_changes, version_of
from accounts.sessions.record import SIGNED_IN_AT
from accounts.text.shortened_lists import MOST_NAMED, shortened_list

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django import forms

    from accounts.forms.versions import ChangedMeanwhile
    from accounts.http import SignedInRequest

VERSION_FIELD = "version"


def opened_with(request: SignedInRequest) -> Opened:
    """The version and session with which the sent form was opened."""
    since = datetime.fromtimestamp(request.session.get(SIGNED_IN_AT, 0), UTC)
    return Opened(request.POST.get(VERSION_FIELD, ""), request.user, since)


def opening(request: SignedInRequest, state: dict[str, Any]) -> dict[str, Any]:
    """The version, for the page of a form that opens. A resumed form keeps the version it was opened with."""
    return {"form_version": request.GET.get(VERSION_FIELD, "") if is_resumed(request) else version_of(state)}


def conflict(
    changed: ChangedMeanwhile,
    form: forms.Form | forms.ModelForm[Any],
    *,
    words: Mapping[str, str] | None = None,
    by: str = "",
) -> dict[str, Any]:
    """The changes by others, who made them, and the current version, for the page of a form that was sent too late.

    `words` holds values as people read them, by the names of their fields; `by` is the author where no entry names one.
    """
    events = last_changes(changed)
    people = names_of_actors(events.values())
    rows = [
        {
            "label": form.base_fields[name].label,
            "value": (words or {}).get(name) or value_in_words(changed.state[name]),
            "event": event,
            "who": who_in_words(event, people) if event else by,
        }
        for name in changed.changed
        for event in [events.get(name)]
    ]
    return {"form_version": version_of(changed.state), "changed_meanwhile": rows}


def value_in_words(value: Any) -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        value = shortened_list([str(one) for one in value[:MOST_NAMED]], len(value))
    return _("Empty") if value in {None, ""} else str(value)
