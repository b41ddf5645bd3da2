"""The tokens that a change concerns, read in one pass over those of the application, however many rules it changes.

What decides about a token comes down to a few sorts. Half a million tokens are read in a second: what is done for each
of them is a line or two, and none is kept.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Case, TextField, Value, When
from django.db.models.functions import Cast

from accounts.models import User
from reference_tokens.lifecycle.selection import READ_AT_ONCE, Counts, owner_of
from trusted_apps.scopes import split_scopes

if TYPE_CHECKING:
    from reference_tokens.policy.impact import ApplicationChange

# Whose a token is. A SAT, which nobody holds, is an administrator's.
NOBODY, ADMINISTRATOR, OTHER = "nobody", "administrator", "other"


class Sort(NamedTuple):
    """What decides in which sets a token is: whose it is, its expiry and its scopes."""

    whose: str
    lives_longer: int
    # The name of the set that it is in for its scopes, or nothing.
    by_scopes: str


class Tokens:
    """What is to be known of the tokens of a sort: which they are, and of whom."""

    def __init__(self) -> None:
        self.ids = hashlib.sha256()
        self.holders: Counter[str | None] = Counter()

    def add(self, tokens: list[tuple[str, str | None]]) -> None:
        """Take some more; always in one order, so that the same tokens have the same digest."""
        ids, holders = zip(*tokens, strict=True)
        self.ids.update("".join(ids).encode())
        self.holders.update(holders)


class _SetsByScopes(dict[str, str]):
    """In which set a token is for its scopes, by their text; decided once for each text."""

    def __init__(self, change: ApplicationChange) -> None:
        self._before, self._after = set(change.before.scopes), set(change.after.scopes)

    def __missing__(self, text: str) -> str:
        scopes = set(split_scopes(text))
        had, has = scopes & self._before, scopes & self._after
        self[text] = "" if had <= self._after else "losing_scopes" if has else "without_scopes"
        return self[text]


def read_by_sort(change: ApplicationChange) -> dict[Sort, Tokens]:
    """The application's tokens by their sorts. Ids are texts: to make objects would take longer than all else."""
    administrators = User.objects.filter(is_administrator=True).values_list(Cast("pk", TextField()), flat=True)
    whose = {None: NOBODY} | dict.fromkeys(administrators, ADMINISTRATOR)
    by_scopes, found = _SetsByScopes(change), defaultdict[Any, Tokens](Tokens)
    rows = rows_of(change)
    while portion := list(islice(rows, READ_AT_ONCE)):
        sorted_out = defaultdict[Any, list[tuple[str, str | None]]](list)
        for pk, holder, longer, scopes in portion:
            sorted_out[whose.get(holder, OTHER), longer, by_scopes[scopes]].append((pk, holder))
        for sort, tokens in sorted_out.items():
            found[sort].add(tokens)
    return {Sort(*sort): tokens for sort, tokens in found.items()}


def rows_of(change: ApplicationChange) -> Any:
    """Of each token its id, its holder, whether it lives longer than it may, and its scopes.

    In the order of their issue, which never changes: an index leads to it, and the rows lie so on the disk.
    """
    longer = Case(When(change.lives_longer, then=Value(1)), default=Value(0))
    pk, holder, scopes = (Cast(name, TextField()) for name in ("pk", "holder_id", "scopes"))
    return change.tokens.order_by("issued_at", "pk").values_list(pk, holder, longer, scopes).iterator(READ_AT_ONCE)


def read_sets(change: ApplicationChange) -> dict[str, tuple[list[str], Counts]]:
    """Of each set that holds tokens the digests that no other set has, and how many each owner has of a kind."""
    digests: defaultdict[str, list[str]] = defaultdict(list)
    counts: defaultdict[str, Counts] = defaultdict(Counter)
    for sort, tokens in sorted(read_by_sort(change).items()):
        owners = Counter({owner_of(holder): count for holder, count in tokens.holders.items()})
        for name in sets_of(change, sort):
            digests[name].append(f"{sort} {tokens.ids.hexdigest()}")
            counts[name].update(owners)
    return {name: (digests[name], counted) for name, counted in counts.items()}


def sets_of(change: ApplicationChange, sort: Sort) -> list[str]:
    """The names of the sets in which the tokens of a sort are."""
    sets = {
        "outside_policy": change.closes_to(is_administrator=sort.whose != OTHER),
        "living_longer": bool(sort.lives_longer),
        sort.by_scopes: bool(sort.by_scopes),
        "disabled": change.disables,
        "acting_as_another": change.acts_as_another and sort.whose == NOBODY,
    }
    return [name for name, holds in sets.items() if holds]
