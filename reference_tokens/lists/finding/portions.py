"""Lists for programs: what stands behind a place in a list, in portions of any size, and nothing counted."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reference_tokens.lists.finding.order import ListPosition, next_tokens
from reference_tokens.lists.finding.shortlist import shortlist
from reference_tokens.lists.finding.states import tokens_in_state

if TYPE_CHECKING:
    from datetime import datetime

    from reference_tokens.lists.finding.filters import TokenFilters
    from reference_tokens.lists.finding.order import Placed, Portion, Run
    from reference_tokens.models import ReferenceTokenQuerySet


class NoSuchPlace(ValueError):
    """The text names no place in this list."""


def tokens_behind(  # noqa: PLR0913 - which list, and what of it
    tokens: ReferenceTokenQuerySet,
    filters: TokenFilters,
    now: datetime,
    place: str,
    wanted: Portion,
    *,
    is_of_one_owner: bool = False,
) -> list[Placed]:
    """Those of the tokens that the filters leave behind a place (empty: from the start), each with its own place.

    None is left out or told twice while others are issued and end. In an order by last use, what is used meanwhile
    moves. Raises `NoSuchPlace`.
    """
    order = filters.runs(now)
    read = partial(next_tokens, order=order, position=place_in(order, place) if place else None, wanted=wanted)
    if not (filters.is_filtered or is_of_one_owner):
        return read(tokens_in_state(tokens, filters.state, now))
    return shortlist(tokens, filters, now, is_of_one_owner=is_of_one_owner).read(read)


def place_in(order: list[Run], text: str) -> ListPosition:
    """The place in this order that a text names; raises `NoSuchPlace`."""
    position = ListPosition.read(text)
    if position is None or (position.rank, len(position.values)) not in {(run.rank, len(run.columns)) for run in order}:
        raise NoSuchPlace
    return position
