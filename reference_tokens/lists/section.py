"""Lists of tokens: what their sections show, on every page of both sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reference_tokens.lists.capped_count import MANY, capped_count
from reference_tokens.lists.filter_form import TokenFilterForm
from reference_tokens.lists.finding.order import ISSUED, TokenPage
from reference_tokens.lists.finding.shortlist import shortlist
from reference_tokens.lists.finding.states import ListState, tokens_in_state
from reference_tokens.lists.in_time import rows_in_time
from reference_tokens.lists.links import TokenLinks
from reference_tokens.lists.rows import TokenRow, token_row
from reference_tokens.usage.history import sparklines
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from reference_tokens.lists.finding.filters import TokenFilters
    from reference_tokens.models import ReferenceTokenQuerySet


APPLICATIONS_READ = 201


def list_section(  # noqa: PLR0913 - what is listed, and where
    tokens: ReferenceTokenQuerySet,
    query: Mapping[str, str],
    now: datetime,
    links: TokenLinks,
    new_id: uuid.UUID | None = None,
    *,
    filters: Iterable[str] = ("application", "scope"),
    applications: Iterable[TrustedApplication] | None = None,
    is_of_one_owner: bool = False,
) -> dict[str, Any]:
    """The list of a set of tokens as its section needs it, but for what a site says where there are none.

    `filters` are those that the page offers beside state, search and order; `applications` those that are chosen from.
    At most six queries.
    """
    offered = TrustedApplication.objects.only("name", "scopes").order_by("name", "pk")[:APPLICATIONS_READ]
    form = TokenFilterForm(query, names=filters, applications=offered if applications is None else applications)
    chosen = form.filters
    shown = shortlist(tokens, chosen, now, is_of_one_owner=is_of_one_owner)
    position = {name: query.get(name, "") for name in ("after", "before")}
    read = rows_in_time(lambda: shown.page(chosen.runs(now), **position))
    page = read or TokenPage([], None, None)
    section = {
        "list_id": "tokens",
        "tokens": rows_of_page(page, links, now, new_id),
        "count_label": (shown.number if read else MANY).label,
        "takes_too_long": "" if read else how_to_narrow(form),
        "tabs": list_tabs(chosen),
        "page": page_links(chosen, page),
        "filters": form,
        "is_filtered": chosen.is_filtered,
        "clear_url": chosen.url_of_tab(),
        "banner": misread_banner() if form.errors else expiry_banner(tokens, chosen, page, now),
    }
    if chosen.is_ended:
        text = _("Revoked and expired tokens appear here, with the person and the reason.")
        section["empty"] = {"title": _("No ended tokens"), "text": text}
    return section


def how_to_narrow(form: TokenFilterForm) -> str:
    """What to do where the list takes too long: it names no filter that the page does not offer."""
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


def misread_banner() -> dict[str, str]:
    """Says above the list that something in its address was left out."""
    return {"text": _("A filter in this address is not valid and was ignored.")}


def expiry_banner(
    tokens: ReferenceTokenQuerySet, filters: TokenFilters, page: TokenPage, now: datetime
) -> dict[str, str] | None:
    """Says above the list how many tokens expire this week; not to somebody who is looking for something already."""
    if filters.is_filtered or filters.is_ended or page.before or not page.tokens:
        return None
    expiring = capped_count(tokens_in_state(tokens, ListState.EXPIRES_SOON, now))
    if not expiring.number:
        return None
    text = ngettext("%(count)s token expires this week.", "%(count)s tokens expire this week.", expiring.number)
    return {
        "text": text % {"count": expiring},
        "url": filters.url(state=ListState.EXPIRES_SOON, sort=""),
        "link_label": ngettext("Show it", "Show them", expiring.number),
    }
