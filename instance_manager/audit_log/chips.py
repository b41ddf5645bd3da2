"""The filters of the audit log in words: chips above the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from accounts.audit.record import Source
from accounts.audit.registry import registered_actions
from accounts.text.languages import instant_in_words
from reference_tokens.lists.filtering.chips import FilterChip
from reference_tokens.log.filters import PARAMETERS

if TYPE_CHECKING:
    from datetime import datetime

    from reference_tokens.log.filters import Concerned, LogFilters


def chips_of(filters: LogFilters, named: Concerned) -> list[FilterChip]:
    """A chip for each filter that is set, with where the list is without it."""
    words = filters_in_words(filters, named)
    return [FilterChip(words[name], filters.url(**{name: ""})) for name in filters.parameters]


def filters_in_words(filters: LogFilters, named: Concerned) -> dict[str, str]:
    """What each filter says that is set."""
    values = filters.parameters
    person, application, token, server = (values.get(name, "") for name in PARAMETERS[:4])
    if len(named.people) == 1:
        person = named.people[0].name_beside_others
    if len(named.applications) == 1:
        application = named.applications[0].name
    action, source = values.get("action", ""), values.get("source", "")
    return {
        "person": _("Person: %(name)s") % {"name": person},
        "application": _("Application: %(name)s") % {"name": application},
        "token": _("Token: %(name)s") % {"name": named.token.display_name if named.token else token},
        "server": _("Resource Server: %(name)s") % {"name": named.server.name if named.server else server},
        "action": str(registered_actions()[action].words) if action else "",
        "source": str(Source(source).label) if source else "",
        "address": _("Address: %(address)s") % {"address": values.get("address", "")},
        "since": _("From %(instant)s UTC") % {"instant": shown(filters.values.get("since"))},
        "until": _("Before %(instant)s UTC") % {"instant": shown(filters.values.get("until"))},
    }


def shown(instant: datetime | None) -> str:
    """An instant as a chip has it."""
    return instant_in_words(instant) if instant else ""
