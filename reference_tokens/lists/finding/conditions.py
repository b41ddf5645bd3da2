"""What each filter of a list says of a token: as an index finds its tokens, and as a token in hand is asked."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, Q
from django.db.models.lookups import In, IsNull, LessThanOrEqual

from accounts.database.unindexed import Unindexed
from accounts.models import User
from accounts.text.case_folding import contains_text, equals_text
from reference_tokens.lists.finding.states import tokens_in_state
from reference_tokens.lists.finding.words import id_in, taken_by, words_of
from reference_tokens.models import ReferenceToken, ResourceServer, TokenUse
from reference_tokens.models.issued_scopes import IssuedScope
from reference_tokens.models.outside_policy import Outside, has_scope
from reference_tokens.models.rules import ALL, COLUMNS_OF_RULES, Rules, rules_in
from trusted_apps.models import TrustedApplication
from trusted_apps.scopes import SCOPE_TOKEN_PATTERN

if TYPE_CHECKING:
    import uuid

    from reference_tokens.lists.finding.filters import TokenFilters
    from reference_tokens.models import ReferenceTokenQuerySet


class Condition(NamedTuple):
    """What a filter says of a token in two ways: as an index finds its tokens, and as a token in hand is asked."""

    found: Q
    asked: Q
    # Whether no other filter finds fewer.
    are_few: bool = False
    # Of which applications alone they are, where that is known, and the rules of these, where they were read with them.
    applications: Q = ALL
    rules: Rules | None = None


def filtered_tokens(tokens: ReferenceTokenQuerySet, filters: TokenFilters, now: datetime) -> ReferenceTokenQuerySet:
    """Those of the tokens that the filters leave."""
    return narrowed_tokens(tokens_in_state(tokens, filters.state, now), filters, now)


def narrowed_tokens(tokens: ReferenceTokenQuerySet, filters: TokenFilters, now: datetime) -> ReferenceTokenQuerySet:
    """Those of the tokens that the filters leave, in whatever state."""
    found = tokens.filter(*(one.asked for one in conditions(filters, now).values()))
    if filters.outside:
        found = found.outside_policy(now, reasons=[Outside(filters.outside)])
    return found.filter(*taken_by(words_of(filters.words)))


def conditions(filters: TokenFilters, now: datetime) -> dict[str, Condition]:
    """What the filters beside state, search and policy say, by their names."""
    found = conditions_of_time(filters, now)
    if filters.kind:
        is_service = filters.kind == ReferenceToken.Kind.SAT
        found["kind"] = Condition(Q(holder__isnull=is_service), Q(kind=filters.kind))
    if filters.application:
        found["application"] = of_application(filters.application)
    if filters.owner:
        found["owner"] = of_owner(filters)
    if filters.group:
        found["group"] = of_group(filters.group)
    if filters.server:
        found["server"] = of_server(filters.server)
    if filters.scope:
        found["scope"] = of_scope(filters.scope)
    return found


def conditions_of_time(filters: TokenFilters, now: datetime) -> dict[str, Condition]:
    """What the filters by instants say."""
    found, limits = {}, filters.limits(now)
    if issued := limits.get("issued_at"):
        # The order's index may begin at a later page.
        asked = Q(LessThanOrEqual(Unindexed("issued_at"), issued))
        found["issued_before"] = Condition(Q(issued_at__lte=issued), asked)
    if filters.unused:
        # What was used before that was issued before that too.
        uses = TokenUse.objects.filter(token=OuterRef("pk"), last_used_at__gt=limits["use__last_used_at"])
        found["unused"] = Condition(Q(~Exists(uses)), Q(~Exists(uses)))
    if filters.never_used:
        is_unused = Q(IsNull(Unindexed("first_used_at"), True))
        found["never_used"] = Condition(is_unused, is_unused)
    if filters.expires_within:
        expires = Q(LessThanOrEqual(Unindexed("expires_at"), limits["expires_at"]))
        found["expires_within"] = Condition(expires, expires)
    if filters.no_expiry:
        found["no_expiry"] = Condition(Q(expires_at=None), Q(IsNull(Unindexed("expires_at"), True)))
    return found


def of_scope(scope: str) -> Condition:
    """The tokens with this scope; none where it is no name of one, which would stand for several in either way."""
    if not re.match(SCOPE_TOKEN_PATTERN, scope):
        return Condition(Q(pk__in=[]), Q(pk__in=[]))
    asked = has_scope(scope)
    issued = Q(pk__in=IssuedScope.objects.filter(scope=scope).values("application"))
    return Condition(Q(search_scopes__terms__hold=[scope]) & asked, asked, applications=issued)


def of_application(name: str) -> Condition:
    """The tokens of the application of this id or URI; where there is none, of those in whose name or URI it stands."""
    if application := id_in(name):
        return of_applications([application])
    has_uri = Q(application_uri=name)
    holds_name = contains_text("name", name) | contains_text("application_uri", name)
    found = TrustedApplication.objects.filter(
        has_uri | (~Exists(TrustedApplication.objects.filter(has_uri)) & holds_name)
    )
    return of_applications(list(found.values_list("pk", flat=True)))


def of_owner(filters: TokenFilters) -> Condition:
    """The PATs of a person, or the SATs that act as a System User; nothing where there is nobody of that name."""
    # Of a System User a row for each application that uses it; with its rules, one for each scope that was issued.
    with_rules = [f"applications__{name}" for name in COLUMNS_OF_RULES] if filters.is_outside else []
    rows = list(User.objects.named(filters.owner).values_list("pk", "kind", "applications", *with_rules))
    if not rows:
        return Condition(Q(pk__in=[]), Q(pk__in=[]), are_few=True)
    pk, kind, *_application = rows[0]
    if kind == User.Kind.PERSON:
        return Condition(Q(holder=pk), Q(holder=pk), are_few=True)
    used = of_applications(list(dict.fromkeys(row[2] for row in rows if row[2])))
    rules = rules_in(row[2:] for row in rows) if with_rules else None
    is_service = Q(kind=ReferenceToken.Kind.SAT)
    # Said by the holder, whom no SAT has, where an index is of these.
    found = (is_service if filters.is_ended else Q(holder=None)) & used.found
    return Condition(found, is_service & used.asked, applications=used.applications, rules=rules)


def of_group(name: str) -> Condition:
    """The PATs of the people in the group of this name, in any case (TXT-1)."""
    groups = list(Group.objects.filter(equals_text("name", name)).values_list("pk", flat=True))
    members = User.groups.through.objects.filter(group__in=groups)
    # Said of a token in hand by its own holder, for the index of an order knows none.
    asked = Q(Exists(members.filter(user=OuterRef("holder"))))
    return Condition(Q(holder__in=members.values("user")), asked)


def of_server(client_id: str) -> Condition:
    """The tokens that the Resource Server of this client id may ask about (VAL-3); none where there is none."""
    servers = ResourceServer.objects.filter(client_id=client_id)
    rows = list(servers.values_list("asks_for_all_applications", "applications"))
    if rows and rows[0][0]:
        return Condition(ALL, ALL)
    return of_applications([application for _all, application in rows if application])


def of_applications(ids: list[uuid.UUID]) -> Condition:
    """The tokens of these applications. No order of several is in an index, but one of all tokens."""
    found = Q(application__in=ids)
    asked = Q(In(Unindexed("application"), ids)) if len(ids) > 1 else found
    return Condition(found, asked, applications=Q(pk__in=ids))
