"""The refusals of the last 30 days, as a small table: why, at which door, how often, from where (TOK-16)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.utils.translation import ngettext

from accounts.addresses import address_of
from accounts.text.numbers import grouped_number
from reference_tokens.lists.links import link
from reference_tokens.models import Door, ReferenceToken, RefusalCount, ResourceServer
from reference_tokens.models.refusals import REFUSALS_KEPT, REFUSALS_OF_ONE
from reference_tokens.validation.reasons import why_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.db.models import QuerySet

    from reference_tokens.pages.token_site import TokenSite
    from trusted_apps.models import TrustedApplication

# More are read than told: a token that is refused every minute for an hour hides no other.
ROWS_READ = 500
BY_INDEX = ("-minute", "-pk")
COLUMNS = ("reason", "door", "token_id", "server_id", "address", "count", "first_at", "last_at")


class Stored(NamedTuple):
    """What is read of a row."""

    reason: str
    door: str
    token_id: UUID | None
    server_id: int | None
    address: str | None
    times: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was refused in the same way, again and again: the sentence that says why, and what there is to it."""

    why: str
    door: str
    count: int
    first_at: datetime
    last_at: datetime
    # The address of the client; else, as of uses, the Resource Server tells where from.
    address: str
    server_name: str
    server_url: str = ""
    # These are shown where tokens differ; empty where no stored token was presented.
    token_name: str = ""
    token_hint: str = ""
    token_url: str = ""
    check_url: str = ""

    @property
    def often(self) -> str:
        """How often, in words."""
        return ngettext("%(times)s time", "%(times)s times", self.count) % {"times": grouped_number(self.count)}


@dataclass(frozen=True, slots=True)
class RefusalTable:
    """The refusals, the last ones first."""

    rows: list[Refusal]
    shows_token: bool


def refusals_of_token(token: ReferenceToken, now: datetime, *, links_servers: bool) -> RefusalTable:
    """Those of a token, which the reader may see: two queries at most."""
    # By no index of the time, which would lead past those of all tokens.
    rows = told_once(RefusalCount.objects.filter(token=token).order_by("-last_at"), now)
    servers = names_of(rows)
    return RefusalTable([refusal(alike, servers, links_servers=links_servers) for alike in rows], shows_token=False)


def refusals_for_server(server: ResourceServer, pages: TokenSite, now: datetime) -> RefusalTable:
    """What a Resource Server was refused, for an administrator: two queries at most."""
    rows = told_once(RefusalCount.objects.filter(server=server).order_by(*BY_INDEX), now)
    tokens = tokens_of(rows)
    # The page is about the server: it is named only where nothing else tells from where.
    names = {server.pk: server.name}
    told = [with_token(refusal(alike, {} if alike[0].address else names), alike, tokens, pages) for alike in rows]
    return RefusalTable(told, shows_token=True)


def refusals_of_application(application: TrustedApplication, pages: TokenSite, now: datetime) -> RefusalTable:
    """Those of the tokens of an application, for an administrator: three queries at most."""
    rows = told_once(RefusalCount.objects.filter(application=application).order_by(*BY_INDEX), now)
    tokens, servers = tokens_of(rows), names_of(rows)
    told = [with_token(refusal(alike, servers, links_servers=True), alike, tokens, pages) for alike in rows]
    return RefusalTable(told, shows_token=True)


def told_once(stored: QuerySet[RefusalCount], now: datetime) -> list[list[Stored]]:
    """The last ones, the latest first; rows that differ only in their minute are told together."""
    kept = stored.filter(minute__gte=now - REFUSALS_KEPT)
    found: dict[tuple[Any, ...], list[Stored]] = defaultdict(list)
    for row in kept.values_list(*COLUMNS)[:ROWS_READ]:
        found[row[:5]].append(Stored._make(row))
    return sorted(found.values(), key=last_time, reverse=True)[:REFUSALS_OF_ONE]


def last_time(rows: Iterable[Stored]) -> datetime:
    """When it was refused the last time."""
    return max(row.last_at for row in rows)


def names_of(rows: Iterable[list[Stored]]) -> dict[int, str]:
    """The names of the Resource Servers that asked."""
    ids = {alike[0].server_id for alike in rows if alike[0].server_id}
    return dict(ResourceServer.objects.filter(pk__in=ids).values_list("pk", "name"))


def tokens_of(rows: Iterable[list[Stored]]) -> dict[UUID, ReferenceToken]:
    """The tokens that were refused."""
    tokens = ReferenceToken.objects.select_related("application")
    return tokens.in_bulk({alike[0].token_id for alike in rows if alike[0].token_id})


def refusal(alike: list[Stored], servers: Mapping[int, str], *, links_servers: bool = False) -> Refusal:
    """Rows that tell the same as one."""
    one = alike[0]
    name = servers.get(one.server_id, "") if one.server_id else ""
    return Refusal(
        why=why_in_words(one.reason),
        door=str(Door(one.door).label),
        count=sum(row.times for row in alike),
        first_at=min(row.first_at for row in alike),
        last_at=last_time(alike),
        address=one.address or "",
        server_name=name,
        server_url=address_of("resource server", one.server_id) if name and links_servers else "",
    )


def with_token(told: Refusal, alike: list[Stored], tokens: Mapping[UUID, ReferenceToken], pages: TokenSite) -> Refusal:
    """The refusal with its token, and where this leads; as it is where no stored token was presented."""
    token_id = alike[0].token_id
    if token_id is None:
        return told
    token = tokens[token_id]
    return replace(
        told,
        token_name=token.display_name,
        token_hint=token.hint,
        token_url=link(pages.links.detail, token_id),
        check_url=pages.check_url(token),
    )
