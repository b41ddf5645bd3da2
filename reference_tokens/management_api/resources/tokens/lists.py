"""Lists of tokens: the filters and orders of the sites under the same names, and their pages."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from ninja import Field, Schema

from accounts.database.replica import read_from_replica
from reference_tokens.lists.filtering.form import MOST_DAYS, TokenFilterForm
from reference_tokens.lists.filtering.offered import Offered
from reference_tokens.lists.finding.filters import said
from reference_tokens.lists.finding.order import Portion
from reference_tokens.lists.finding.portions import NoSuchPlace, tokens_behind
from reference_tokens.lists.finding.states import ListState
from reference_tokens.management_api.instants import Day
from reference_tokens.management_api.paging import page
from reference_tokens.management_api.problems import invalid, invalid_parameter
from reference_tokens.management_api.resources.tokens.members import token_members, with_members
from reference_tokens.models import ReferenceToken
from reference_tokens.models.outside_policy import Outside

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse

    from reference_tokens.lists.finding.filters import TokenFilters
    from reference_tokens.management_api.paging import Paging
    from reference_tokens.management_api.requests import Request
    from reference_tokens.models import ReferenceTokenQuerySet


class TokenQuery(Schema):
    """What every list of tokens can be narrowed to."""

    q: str = Field("", max_length=200, description="Words, all of which are found: description, application, id, hint.")
    state: ListState = Field(ListState.LIVE, description="live and ended are the two halves of all tokens.")
    scope: str = Field("", max_length=200)
    unused: int | None = Field(None, ge=1, le=MOST_DAYS, description="Not used for so many days.")
    never_used: int | None = Field(None, ge=1, le=MOST_DAYS, description="Never used, and issued so many days ago.")
    expires_within: int | None = Field(None, ge=1, le=MOST_DAYS, description="Expires within so many days.")
    no_expiry: bool = Field(False, description="Never expires.")
    issued_before: Day | None = Field(None, description="Issued before this day (UTC).")
    outside: Outside | None = Field(None, description="Could not be issued today, for this reason.")


class Ordered(Schema):
    """In which order."""

    sort: Literal["", "issued", "expiry", "used", "unused"] = Field(
        "", description="As on the sites; empty: the usual order of what is asked for. Ended tokens have one order."
    )


class InventoryQuery(TokenQuery):
    """What the list of every token can be narrowed to."""

    kind: ReferenceToken.Kind | None = None
    application: str = Field("", max_length=200, description="An id or a URI, or a part of a name or URI.")
    owner: str = Field("", max_length=150, description="The user name of the holder.")
    group: str = Field("", max_length=150, description="The name of a group that the holder is in.")
    server: str = Field("", max_length=200, description="The client_id of a Resource Server that may ask about them.")


def filters_of_query(query: TokenQuery, sort: str = "") -> TokenFilters:
    """What the parameters of a list ask for; raises `Problem` 422."""
    return understood(query, lambda name, detail: {"parameter": name, "detail": detail}, sort)


def understood(query: TokenQuery, place: Callable[[str, str], dict[str, str]], sort: str = "") -> TokenFilters:
    """What filters ask for, by the rules of the sites; raises `Problem` 422 with the `place` of each mistake."""
    given = {name: said(value) for name, value in query if value is not None} | {"sort": sort}
    form = TokenFilterForm(given, names=given, offered=Offered([]))
    if form.errors:
        raise invalid(place(name, str(message)) for name, messages in form.errors.items() for message in messages)
    if sort and form.filters.is_ended:
        raise invalid([place("sort", "Ended tokens are in one order, that of their ends.")])
    return form.filters


def page_of_tokens(  # noqa: PLR0913 - what is listed, from where, and where the way on is told
    request: Request,
    response: HttpResponse,
    tokens: ReferenceTokenQuerySet,
    filters: TokenFilters,
    paging: Paging,
    *,
    is_of_one_owner: bool = False,
) -> dict[str, Any]:
    """A page of the tokens that the filters leave; raises `Problem` 422 for an `after` that is none of this list's."""
    now, wanted = request.caller.now, Portion(paging.limit + 1, with_members)
    read = partial(tokens_behind, tokens, filters, now, paging.after, wanted, is_of_one_owner=is_of_one_owner)
    try:
        found = read_from_replica(read)
    except NoSuchPlace:
        raise invalid_parameter("after", "Take it from `next` of the page before.") from None
    shown = found[: paging.limit]
    following = str(shown[-1][0]) if len(found) > len(shown) else ""
    return page(request, response, [token_members(token, now) for _place, token in shown], following)
