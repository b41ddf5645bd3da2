"""Every page of a list with its sorts and filters, as an administrator opens it."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial
from urllib.parse import quote

from django.db.models import Count
from django.test import Client
from django.utils import timezone

from accounts.models import User
from reference_tokens.models import ReferenceToken
from reference_tokens.models.outside_policy import Outside
from tests.bench.costs import Cost, cost_of
from trusted_apps.models import TrustedApplication

# Beyond its deadline a list says so in its place (AVA-6).
TOO_LONG = b"takes too long"
INVENTORY = "/manage/security/tokens/"


def pages() -> dict[str, Cost]:
    """The cost of each page."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.filter(is_administrator=True, is_active=True).order_by("username")[0])
    return {name: cost_of(partial(opened, client, address)) for name, address in addresses(client).items()}


def opened(client: Client, address: str) -> str:
    """Open the page; says where it does not show what was asked for."""
    response = client.get(address)
    if TOO_LONG in response.content:
        return "not shown: takes too long"
    return "" if response.status_code == 200 else str(response.status_code)


def addresses(client: Client) -> dict[str, str]:
    """What is opened, by the words for it."""
    by_size = TrustedApplication.objects.annotate(size=Count("tokens")).order_by("-size")
    largest, smallest = by_size[0], by_size.last()
    token = ReferenceToken.objects.not_ended(timezone.now()).order_by("id")[0]
    scope, system = largest.scopes[0], User.objects.filter(kind="SYSTEM", applications=largest)[0]
    rare = next(name for name in smallest.scopes) if smallest else ""
    queries = {
        "as it opens": "",
        "next page": next_page(client),
        **{f"sort: {sort}": f"sort={sort}" for sort in ("expiry", "used", "unused")},
        **{f"state: {state}": f"state={state}" for state in states()},
        **{f"kind: {kind}": f"kind={kind}" for kind in ("PAT", "SAT")},
        "application: the largest": f"application={largest.pk}",
        "application: the smallest": f"application={smallest.pk}" if smallest else "",
        "application: the largest, unused first": f"application={largest.pk}&sort=unused",
        "owner: a person": f"owner={token.holder.username if token.holder else system.username}",
        "owner: a System User": f"owner={system.username}",
        "owner: nobody": "owner=nobody",
        "scope: of the largest": f"scope={quote(scope)}",
        "scope: of the smallest": f"scope={quote(rare)}",
        "scope: none has it": "scope=nothing%3Ahas-it",
        "outside policy and SAT": "state=outside_policy&kind=SAT",
        "outside policy, of a System User": f"state=outside_policy&owner={system.username}",
        **by_time_and_reason(scope),
        "search: many hits": "q=laptop",
        "search: two words": "q=marketing+staging",
        "search: part of a word": "q=nugget",
        "search: no hit": "q=zzzyx",
        "search: no hit, of the largest": f"q=zzzyx&application={largest.pk}",
        "search: an application": f"q={quote(largest.application_uri)}",
        "search: a person": f"q={token.holder.username if token.holder else system.username}",
        "search: a surname and a word": "q=fischer+laptop",
        "search: an id": f"q={token.pk}",
        "search: a hint": f"q={quote(token.hint)}",
        "search: four digits of a hint": f"q={token.hint[5:9]}",
    }
    return {f"tokens, {name}": f"{INVENTORY}?{query}" for name, query in queries.items()} | others(largest)


def by_time_and_reason(scope: str) -> dict[str, str]:
    """The filters by instants and by the reasons of the policy."""
    return {
        "unused for 90 days": "unused=90",
        "unused for 90 days, with a scope": f"unused=90&scope={quote(scope)}",
        "never used for 30 days": "never_used=30",
        "issued before a day": f"issued_before={timezone.now() - timedelta(days=365):%Y-%m-%d}",
        "expires within 30 days": "expires_within=30",
        "never expires": "no_expiry=1",
        **{f"outside policy: {reason.value}": f"outside={reason.value}" for reason in Outside},
    }


def others(largest: TrustedApplication) -> dict[str, str]:
    """The pages beside the list of all tokens."""
    security = "/manage/security/"
    return {
        "Home": "/manage/",
        "Users": f"{security}users/",
        "Users, search": f"{security}users/?q=fischer",
        "Users, no hit": f"{security}users/?q=zzzyx",
        "Trusted Apps": f"{security}trusted-apps/",
        "Trusted Apps, search": f"{security}trusted-apps/?q=ledger",
        "Groups": f"{security}groups/",
        "Resource Servers": f"{security}resource-servers/",
        "the largest application": f"{security}trusted-apps/{largest.pk}/",
    }


def next_page(client: Client) -> str:
    """The query of the page behind the first."""
    found = re.search(r'href="\?([^"]*)" rel="next"', client.get(INVENTORY).content.decode())
    return found[1].replace("&amp;", "&") if found else ""


def states() -> list[str]:
    """Every state that a list can be narrowed to."""
    from reference_tokens.lists.finding.states import ListState

    return [state.value for state in ListState if state != ListState.LIVE]
