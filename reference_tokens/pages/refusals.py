"""The refusals of the last 30 days, as a small table: why, at which door, how often, from where (TOK-16)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import ngettext

from accounts.addresses import address_of
from accounts.text.numbers import grouped_number
from reference_tokens.lists.links import link
from reference_tokens.models import Door, ReferenceToken, RefusalCount, ResourceServer
from reference_tokens.pages.help.links import help_url
from reference_tokens.usage.refused import Alike, names_of_servers, of_token, told_once
from reference_tokens.validation.reasons import why_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from reference_tokens.pages.token_site import TokenSite
    from trusted_apps.models import TrustedApplication


BY_INDEX = ("-minute", "-pk")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was refused in the same way, again and again: the sentence that says why, and what there is to it."""

    why: str
    help_url: str
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
    rows = told_once(of_token(token), now)
    servers = names_of_servers(rows)
    return RefusalTable([refusal(alike, servers, links_servers=links_servers) for alike in rows], shows_token=False)


def refusals_for_server(server: ResourceServer, pages: TokenSite, now: datetime) -> RefusalTable:
    """What a Resource Server was refused, for an administrator: two queries at most."""
    rows = told_once(RefusalCount.objects.filter(server=server).order_by(*BY_INDEX), now)
    tokens = tokens_of(rows)
    # The page is about the server: it is named only where nothing else tells from where.
    names = {server.pk: server.name}
    told = [with_token(refusal(alike, {} if alike.one.address else names), alike, tokens, pages) for alike in rows]
    return RefusalTable(told, shows_token=True)


def refusals_of_application(application: TrustedApplication, pages: TokenSite, now: datetime) -> RefusalTable:
    """Those of the tokens of an application, for an administrator: three queries at most."""
    rows = told_once(RefusalCount.objects.filter(application=application).order_by(*BY_INDEX), now)
    tokens, servers = tokens_of(rows), names_of_servers(rows)
    told = [with_token(refusal(alike, servers, links_servers=True), alike, tokens, pages) for alike in rows]
    return RefusalTable(told, shows_token=True)


def tokens_of(rows: Iterable[Alike]) -> dict[UUID, ReferenceToken]:
    """The tokens that were refused."""
    tokens = ReferenceToken.objects.select_related("application")
    return tokens.in_bulk({alike.one.token_id for alike in rows if alike.one.token_id})


def refusal(alike: Alike, servers: Mapping[int, str], *, links_servers: bool = False) -> Refusal:
    """Rows that tell the same as one."""
    one = alike.one
    name = servers.get(one.server_id, "") if one.server_id else ""
    return Refusal(
        why=why_in_words(one.reason, one.door),
        help_url=help_url("check", one.reason),
        door=str(Door(one.door).label),
        count=alike.count,
        first_at=alike.first_at,
        last_at=alike.last_at,
        address=one.address or "",
        server_name=name,
        server_url=address_of("resource server", one.server_id) if name and links_servers else "",
    )


def with_token(told: Refusal, alike: Alike, tokens: Mapping[UUID, ReferenceToken], pages: TokenSite) -> Refusal:
    """The refusal with its token, and where this leads; as it is where no stored token was presented."""
    token_id = alike.one.token_id
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
