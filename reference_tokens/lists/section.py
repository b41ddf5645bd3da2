"""Lists of tokens: what their sections show, on every page of both sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.forms import ChoiceField
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.database.replica import read_from_replica
from reference_tokens.lists.capped_count import MANY, CappedCount, capped_count
from reference_tokens.lists.filtering.form import TokenFilterForm
from reference_tokens.lists.filtering.offered import Offered, offered
from reference_tokens.lists.finding.order import ISSUED, TokenPage
from reference_tokens.lists.finding.shortlist import shortlist
from reference_tokens.lists.finding.states import ListState, tokens_in_state
from reference_tokens.lists.finding.words import SHORTEST_INDEXED
from reference_tokens.lists.in_time import rows_in_time
from reference_tokens.lists.links import TokenLinks
from reference_tokens.lists.rows import TokenRow, token_row
from reference_tokens.lists.table.columns import Column, columns_and_headings
from reference_tokens.usage.history import sparklines
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from django.forms import Form

    from reference_tokens.lists.finding.filters import TokenFilters
    from reference_tokens.models import ReferenceTokenQuerySet

# The banner counts no further.
MOST_EXPIRING = 1_000


def list_section(  # noqa: PLR0913 - what is listed, and where
    tokens: ReferenceTokenQuerySet,
    query: Mapping[str, str],
    now: datetime,
    links: TokenLinks,
    new_id: uuid.UUID | None = None,
    *,
    filters: Iterable[str] = ("application", "scope"),
    without: Collection[Column] = (),
    applications: Offered | None = None,
    is_of_one_owner: bool = False,
) -> dict[str, Any]:
    """The list of a set of tokens as its section needs it, but for what a site says where there are none.

    `filters` are those that the page offers beside state, search and order; `applications` those that are chosen from,
    where these are not all of the instance; `without` are the columns that say the same in every row. At most six
    queries.
    """
    choices = applications or offered(TrustedApplication.objects.all(), query.get("application", ""))
    form = TokenFilterForm(query, names=filters, offered=choices)
    chosen = form.filters
    position = {name: query.get(name, "") for name in ("after", "before")}
    read, number = read_from_replica(
        lambda: rows_and_count(tokens, chosen, now, position, is_of_one_owner=is_of_one_owner)
    )
    page = read or TokenPage([], None, None)
    section = {
        "list_id": "tokens",
        "tokens": rows_of_page(page, links, now, new_id),
        **columns_and_headings(chosen, without),
        "count_label": (number if read else MANY).label,
        "takes_too_long": "" if read else how_to_narrow(form),
        "tabs": list_tabs(chosen),
        "page": page_links(chosen, page),
        "filters": form,
        "is_filtered": chosen.is_filtered,
        "clear_url": chosen.url_of_tab(),
        "banner": misread_banner(form) if form.errors else expiry_banner(tokens, chosen, page, now),
    }
    return section | ({"empty": nothing_ended()} if chosen.is_ended else {})


def rows_and_count(
    tokens: ReferenceTokenQuerySet,
    chosen: TokenFilters,
    now: datetime,
    position: dict[str, str],
    *,
    is_of_one_owner: bool,
) -> tuple[TokenPage | None, CappedCount]:
    """The page of the list at this position, as far as it is read in time, and how many tokens the list has."""
    shown = shortlist(tokens, chosen, now, is_of_one_owner=is_of_one_owner)
    return rows_in_time(lambda: shown.page(chosen.runs(now), **position)), shown.number


def nothing_ended() -> dict[str, str]:
    """What the tab of ended tokens says where there are none."""
    text = _("Revoked and expired tokens appear here, with the person and the reason.")
    return {"title": _("No ended tokens"), "text": text}


def how_to_narrow(form: TokenFilterForm) -> str:
    """What to do where the list takes too long: it names no filter that the page does not offer."""
    words = form.filters.words
    if words and all(len(word) < SHORTEST_INDEXED for word in words):
        return _("Narrow it down: search for at least three letters of a word.")
    if {"application", "owner"} <= form.fields.keys():
        return _("Narrow it down: choose an application, an owner or a state.")
    return _("Narrow it down: choose a state or another filter.")


def rows_of_page(page: TokenPage, links: TokenLinks, now: datetime, new_id: uuid.UUID | None) -> list[TokenRow]:
    """The tokens of a page as its rows, each with its use over the last days."""
    usage = sparklines(page.tokens, now)
    return [token_row(token, now, links, is_new=token.pk == new_id, usage=usage.get(token.pk)) for token in page.tokens]


def list_tabs(filters: TokenFilters) -> list[dict[str, Any]]:
    """Live and ended; the other filters hold in both."""
    return [
        {"label": _("Live"), "url": filters.url(state="", sort=""), "current": not filters.is_ended},
        {"label": _("Ended"), "url": filters.url(state=ListState.ENDED, sort=""), "current": filters.is_ended},
    ]


def page_links(filters: TokenFilters, page: TokenPage) -> dict[str, str]:
    """Where the pages before and behind this one are."""
    found = {
        "newer_url": filters.url(before=str(page.before)) if page.before else "",
        "older_url": filters.url(after=str(page.after)) if page.after else "",
    }
    labels = {"newer_label": _("Previous page"), "older_label": _("Next page")}
    return found if filters.order == ISSUED else found | labels


def misread_banner(form: Form) -> dict[str, str]:
    """Says above the list which filters of its address were left out; of choices there is nothing more to be said."""
    said = []
    for name, errors in form.errors.items():
        field = form.fields[name]
        is_choice = isinstance(field, ChoiceField)
        said.append(str(field.label) if is_choice else f"{field.label}: {' '.join(map(str, errors)).rstrip('.')}")
    text = _("A filter in this address is not valid and was ignored: %(filters)s.")
    return {"text": text % {"filters": "; ".join(said)}}


def expiry_banner(
    tokens: ReferenceTokenQuerySet, filters: TokenFilters, page: TokenPage, now: datetime
) -> dict[str, str] | None:
    """Says above the list how many tokens expire this week; not to somebody who is looking for something already."""
    if filters.is_filtered or filters.is_ended or page.before or not page.tokens:
        return None
    expiring = capped_count(tokens_in_state(tokens, ListState.EXPIRES_SOON, now), MOST_EXPIRING)
    if not expiring.number:
        return None
    text = ngettext("%(count)s token expires this week.", "%(count)s tokens expire this week.", expiring.number)
    return {
        "text": text % {"count": expiring},
        "url": filters.url(state=ListState.EXPIRES_SOON, sort=""),
        "link_label": ngettext("Show it", "Show them", expiring.number),
    }
