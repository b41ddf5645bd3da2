"""What a list of tokens is narrowed to, and how it is ordered; and the addresses that say so (contract 3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from reference_tokens.lists.finding import order as token_order
from reference_tokens.lists.finding.order import Run, runs_with
from reference_tokens.lists.finding.states import ENDED_STATES, FACTS, ListState

if TYPE_CHECKING:
    pass

# The parameters of an address in the order of contract 3; `after` and `before` say where in the list.
PARAMETERS = (
    *("kind", "application", "owner", "scope", "state", "q", "sort"),
    *("unused", "never_used", "issued_before", "expires_within", "no_expiry", "outside", "group", "server"),
)
# What a stored instant can differ by: "before" is said as "up to".
SHORTEST = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class TokenFilters:
    """The filters and the order of a list; an empty text filters nothing."""

    state: ListState = ListState.LIVE
    kind: str = ""
    application: str = ""
    owner: str = ""
    # Of a group that the holder is in.
    group: str = ""
    # The client id of a Resource Server that may ask about them.
    server: str = ""
    scope: str = ""
    q: str = ""
    # Nothing where tokens have ended: these are in one order only.
    sort: str = ""
    # Days; those of `never_used` are since the issue.
    unused: int = 0
    never_used: int = 0
    expires_within: int = 0
    issued_before: date | None = None
    no_expiry: bool = False
    # A reason of `Outside`.
    outside: str = ""

    @property
    def is_ended(self) -> bool:
        """Whether the list is one of tokens that are never good again."""
        return self.state in ENDED_STATES

    @property
    def is_outside(self) -> bool:
        """Whether the list is one of tokens that could not be issued today."""
        return self.state == ListState.OUTSIDE_POLICY or bool(self.outside)

    @property
    def order(self) -> str:
        """How the list is ordered."""
        return token_order.ENDED if self.is_ended else self.sort or self.usual_order

    @property
    def usual_order(self) -> str:
        """The order of the list where its address names none."""
        if self.state == ListState.EXPIRES_SOON or self.expires_within:
            return token_order.EXPIRY
        return token_order.UNUSED if self.unused or self.never_used else token_order.ISSUED

    @property
    def order_of_count(self) -> str:
        """The order along which an index leads to the tokens of the list fastest, whatever they are listed by."""
        if self.state in {ListState.SUSPENDED, ListState.EXPOSED}:
            return token_order.ISSUED
        if self.is_ended:
            return token_order.ENDED
        if self.state in {ListState.EXPIRES_SOON, ListState.BEING_REPLACED} or self.expires_within or self.no_expiry:
            return token_order.EXPIRY
        if self.state == ListState.NEVER_USED or self.unused or self.never_used:
            return token_order.UNUSED
        return token_order.ISSUED if self.issued_before else token_order.EXPIRY

    @property
    def words(self) -> list[str]:
        """The words to search for, all of which a token has."""
        return self.q.split()

    @property
    def facts(self) -> dict[str, bool]:
        """Which columns are set in all tokens of the list, or are not."""
        found = dict(FACTS.get(self.state, {}))
        if self.never_used:
            found["first_used_at"] = False
        if self.expires_within or self.no_expiry:
            found["expires_at"] = not self.no_expiry
        return found

    def limits(self, now: datetime) -> dict[str, Any]:
        """Up to which instant the columns lie that an order begins with, in all tokens of the list."""
        unused = [now - timedelta(days=days) for days in (self.unused, self.never_used) if days]
        issued = [*unused, *([last_instant_before(self.issued_before)] if self.issued_before else [])]
        found = {"issued_at": min(issued)} if issued else {}
        if self.unused:
            found["use__last_used_at"] = now - timedelta(days=self.unused)
        return found | ({"expires_at": now + timedelta(days=self.expires_within)} if self.expires_within else {})

    def runs(self, now: datetime, order: str = "") -> list[Run]:
        """The runs of the order, or of another one, that can hold tokens of the list."""
        return runs_with(order or self.order, self.facts, now, self.limits(now))

    @property
    def parameters(self) -> dict[str, str]:
        """Every parameter that says something, in the order of the contract."""
        values = {name: said(getattr(self, name)) for name in PARAMETERS}
        usual = {"state": ListState.LIVE, "sort": self.usual_order}
        return {name: value for name, value in values.items() if value and value != usual.get(name)}

    @property
    def hidden_fields(self) -> list[dict[str, str]]:
        """The same parameters, as a form carries them."""
        return [{"name": name, "value": value} for name, value in self.parameters.items()]

    @property
    def for_record(self) -> dict[str, str]:
        """The same parameters as the audit log keeps them, where they choose what is acted on."""
        return {"state": str(self.state)} | self.parameters

    @property
    def set_filters(self) -> list[str]:
        """The parameters by which the list shows less than all of its tab."""
        tab = {"state"} if self.state in {ListState.LIVE, ListState.ENDED} else set()
        return [name for name in self.parameters if name not in tab | {"sort"}]

    @property
    def is_filtered(self) -> bool:
        """Whether the list shows less than all of its tab."""
        return bool(self.set_filters)

    def url(self, **changes: str) -> str:
        """The address of this list, relative to itself, with some parameters changed."""
        values = self.parameters | changes
        return "?" + urlencode({name: values[name] for name in (*PARAMETERS, *changes) if values.get(name)})

    def url_of_tab(self) -> str:
        """The address without filters: the same tab, in the same order."""
        kept = {"state": ListState.ENDED if self.is_ended else "", "sort": self.parameters.get("sort", "")}
        return "?" + urlencode({name: value for name, value in kept.items() if value})


def last_instant_before(day: date) -> datetime:
    """The end of the day before (UTC); of the first day of all, which has none before it, its beginning."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return midnight if day == date.min else midnight - SHORTEST


def said(value: Any) -> str:
    """A value as an address says it; nothing for what filters nothing."""
    return "1" if value is True else str(value or "")
