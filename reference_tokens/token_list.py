"""Lists of tokens: tabs, a count, and pages that cost the same at any depth."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import Q
from django.utils.translation import gettext as _

from reference_tokens.capped_count import count_label
from reference_tokens.token_rows import RowAddresses, TokenRow, token_row
from reference_tokens.usage_history import sparklines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_tokens.models import ReferenceToken, ReferenceTokenQuerySet

PAGE_SIZE = 50
LIVE, ENDED = "live", "ended"


@dataclass(frozen=True, slots=True)
class TokenPage:
    """One page of a list, newest first."""

    tokens: list[TokenRow]
    count_label: str
    newer_url: str
    older_url: str
    tabs: list[dict[str, Any]] = field(default_factory=list)


def list_section(
    tokens: ReferenceTokenQuerySet,
    query: Mapping[str, str],
    now: datetime,
    addresses: RowAddresses,
    new_id: uuid.UUID | None = None,
) -> dict[str, Any]:
    """The list of a set of tokens as its section needs it, but for what a site says where there are none."""
    found = token_page(tokens, query, now, addresses, new_id)
    section = {
        "list_id": "tokens",
        "tokens": found.tokens,
        "count_label": found.count_label,
        "tabs": found.tabs,
        "page": {"newer_url": found.newer_url, "older_url": found.older_url},
    }
    if query.get("state") == ENDED:
        text = _("Tokens that were revoked or have expired are kept here, with who ended them and why.")
        section["empty"] = {"title": _("No ended tokens"), "text": text}
    return section


def token_page(
    tokens: ReferenceTokenQuerySet,
    query: Mapping[str, str],
    now: datetime,
    addresses: RowAddresses,
    new_id: uuid.UUID | None = None,
) -> TokenPage:
    """The page of a set of tokens that the address asks for: `state` (live, ended) and `after` or `before` (an id).

    At most five queries.
    """
    state = ENDED if query.get("state") == ENDED else LIVE
    shown = tokens.not_ended(now) if state == LIVE else tokens.ended(now)
    found, has_newer, has_older = keyset_page(shown, query)
    usage = sparklines([token.pk for token in found], now)
    rows = [token_row(token, now, addresses, is_new=token.pk == new_id, usage=usage.get(token.pk)) for token in found]
    return TokenPage(
        tokens=rows,
        count_label=count_label(shown),
        newer_url=list_url(state, before=rows[0].id) if rows and has_newer else "",
        older_url=list_url(state, after=rows[-1].id) if rows and has_older else "",
        tabs=[
            {"label": _("Live"), "url": list_url(LIVE), "current": state == LIVE},
            {"label": _("Ended"), "url": list_url(ENDED), "current": state == ENDED},
        ],
    )


def keyset_page(tokens: ReferenceTokenQuerySet, query: Mapping[str, str]) -> tuple[list[ReferenceToken], bool, bool]:
    """The tokens behind `after` or before `before`, newest first, and whether there are newer and older ones.

    A place in the list is an instant and an id, not a number of rows to skip: a page costs the same at any depth.
    """
    related = tokens.select_related(
        "application__system_user", "holder", "issuer", "revoked_by", "last_used_server", "replaced_by"
    )
    is_backwards = "after" not in query and "before" in query
    place = place_of(tokens, query.get("after") or query.get("before"))
    if place and is_backwards:
        issued_at, pk = place
        newer = related.filter(Q(issued_at__gt=issued_at) | Q(id__gt=pk), issued_at__gte=issued_at)
        found = list(newer.order_by("issued_at", "id")[: PAGE_SIZE + 1])
        return found[:PAGE_SIZE][::-1], len(found) > PAGE_SIZE, True
    if place:
        issued_at, pk = place
        related = related.filter(Q(issued_at__lt=issued_at) | Q(id__lt=pk), issued_at__lte=issued_at)
    found = list(related.order_by("-issued_at", "-id")[: PAGE_SIZE + 1])
    return found[:PAGE_SIZE], bool(place), len(found) > PAGE_SIZE


def place_of(tokens: ReferenceTokenQuerySet, token_id: str | None) -> tuple[datetime, uuid.UUID] | None:
    """Where a token stands in the list; None where the id is no id, or not of this list."""
    try:
        return tokens.filter(pk=uuid.UUID(token_id or "")).values_list("issued_at", "pk").first()
    except ValueError:
        return None


def list_url(state: str, **place: uuid.UUID) -> str:
    """The address of a page of the list, relative to the list."""
    parameters = ({"state": state} if state != LIVE else {}) | {name: str(pk) for name, pk in place.items()}
    return "?" + urlencode(parameters)
