"""The filters of a list that are set, each in words and with the address of the list without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.text.languages import date_in_words
from reference_tokens.lists.finding.states import ListState
from reference_tokens.models.outside_policy import Outside

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_tokens.lists.finding.filters import TokenFilters


class FilterChip(NamedTuple):
    """A filter that is set, and where the list is without it."""

    text: str
    url: str


def chips_of(filters: TokenFilters, names: Mapping[str, str]) -> list[FilterChip]:
    """A chip for each filter that is set; `names` are those of applications, by what the address calls them."""
    words = filters_in_words(filters, names)
    without = {"state": ListState.ENDED if filters.is_ended else ""}
    return [FilterChip(words[name], filters.url(**{name: without.get(name, "")})) for name in filters.set_filters]


def filters_in_words(filters: TokenFilters, names: Mapping[str, str]) -> dict[str, str]:
    """What each filter says that is set."""
    found: dict[str, Any] = {
        "kind": _("Kind: %(name)s") % {"name": filters.kind},
        "application": _("Application: %(name)s") % {"name": names.get(filters.application, filters.application)},
        "owner": _("Owner: %(name)s") % {"name": filters.owner},
        "group": _("Group of the owner: %(name)s") % {"name": filters.group},
        "server": _("Resource Server: %(name)s") % {"name": filters.server},
        "scope": _("Scope: %(name)s") % {"name": filters.scope},
        "state": filters.state.label,
        "q": _("Search: %(words)s") % {"words": filters.q},
        "no_expiry": _("Never expires"),
    }
    unused, never_used, expiring = filters.unused, filters.never_used, filters.expires_within
    days = {
        "unused": ngettext("Unused for %(days)s day", "Unused for %(days)s days", unused),
        "never_used": ngettext(
            "Never used, issued %(days)s day ago or earlier",
            "Never used, issued %(days)s days ago or earlier",
            never_used,
        ),
        "expires_within": ngettext("Expires within %(days)s day", "Expires within %(days)s days", expiring),
    }
    found |= {name: text % {"days": getattr(filters, name)} for name, text in days.items()}
    if filters.issued_before:
        found["issued_before"] = _("Issued before %(date)s") % {"date": date_in_words(filters.issued_before)}
    if filters.outside:
        found["outside"] = _("Outside policy: %(reason)s") % {"reason": Outside(filters.outside).label}
    return found
