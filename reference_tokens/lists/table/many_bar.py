"""The bar of a list that acts on many of its tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from reference_tokens.lists.finding.states import ListState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_tokens.lists.finding.filters import TokenFilters


def many_bar(section: Mapping[str, Any], **pages: str) -> dict[str, Any] | None:
    """What can be done to many tokens of the list at once; nothing to those that have ended.

    `pages` are the names of the pages that ask about each act. Suspended tokens are resumed where the list shows any,
    and where it shows no others, none is suspended.
    """
    filters: TokenFilters = section["filters"].filters
    if filters.is_ended:
        return None
    left_out = {
        "suspend": filters.state == ListState.SUSPENDED,
        "resume": not any(row.is_suspended for row in section["tokens"]),
    }
    return {
        "form_id": "several",
        "fields": filters.hidden_fields,
        "all_label": _("All that match: %(count)s") % {"count": section["count_label"]},
        "chosen_label": _("%(count)s chosen") % {"count": "#"},
        "all_chosen_label": _("%(count)s chosen") % {"count": section["count_label"]},
        **{f"{act}_url": reverse(name) for act, name in pages.items() if not left_out.get(act)},
    }
