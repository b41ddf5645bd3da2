"""The rows of a table of tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from reference_tokens.lists.table.columns import rows_as_markup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.utils.safestring import SafeString

    from reference_tokens.lists.rows import TokenRow
    from reference_tokens.lists.table.columns import Column

register = template.Library()


@register.simple_tag
def token_rows(rows: Sequence[TokenRow], columns: Sequence[Column], form_id: str) -> SafeString:
    """A row for each token; with a box where a form of this id takes those that are chosen."""
    return rows_as_markup(rows, columns, form_id or "")
