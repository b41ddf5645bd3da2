"""Counts that cost the same however many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from reference_tokens.models import ReferenceTokenQuerySet

COUNT_LIMIT = 10_000


def count_label(tokens: ReferenceTokenQuerySet) -> str:
    """How many tokens there are, counted to 10,000 at most."""
    count = tokens.order_by()[: COUNT_LIMIT + 1].count()
    if count > COUNT_LIMIT:
        return _("%(count)s+ tokens") % {"count": number_format(COUNT_LIMIT, force_grouping=True)}
    return ngettext("%(count)s token", "%(count)s tokens", count) % {"count": number_format(count, force_grouping=True)}
