"""What applications would let be issued today, as far as it is to be known before tokens outside policy are found."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db import models
from django.db.models import Func, Q, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import Exact

from reference_tokens.models.issued_scopes import IssuedScope
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

ALL = Q()
# What `rules_in` needs of an application beside its id.
COLUMNS_OF_RULES = ("max_lifetime_days", "scopes", "issued_scopes__scope")


class Rules(NamedTuple):
    """What is to be known of applications before the tokens are found that they would not let be issued today."""

    # The scopes that some tokens of an application were issued with and that it does not offer.
    not_offered: dict[uuid.UUID, list[str]]
    # The maximum lifetimes in days; None is that of the instance.
    lifetimes: list[int | None]
    # Which applications are asked for.
    among: Q = ALL
    # The scopes that any application offers; None where the rules of all were not read.
    offered: frozenset[str] | None = None


def rules_of(application: TrustedApplication | None = None, among: Q = ALL) -> Rules:
    """The rules of all applications, or of those among; or of the one given, as it is in memory. One query."""
    if application:
        issued = IssuedScope.objects.filter(application=application).values_list("scope", flat=True)
        names = [scope for scope in issued if scope not in application.scopes]
        return Rules({application.pk: names} if names else {}, [application.max_lifetime_days])
    is_offered = StrIndex(BetweenSpaces("application__scopes"), BetweenSpaces("scope"))
    not_offered = IssuedScope.objects.filter(Exact(is_offered, 0))
    no_days, nobody = Value(None, models.IntegerField()), Value(None, models.UUIDField())
    pairs = not_offered.order_by().values_list("application", "scope", no_days)
    applications = TrustedApplication.objects.filter(among).order_by()
    if among:
        pairs = pairs.filter(application__in=applications.values("pk"))
    each = applications.values_list(nobody, "scopes", "max_lifetime_days")
    found: dict[uuid.UUID, list[str]] = {}
    every_scope: set[str] = set()
    lifetimes: set[int | None] = set()
    for application_id, scopes, days in pairs.union(each, all=True):
        if application_id:
            found.setdefault(application_id, []).append(scopes)
        else:
            every_scope.update(scopes.split())
            lifetimes.add(days)
    return Rules(found, list(lifetimes), among, None if among else frozenset(every_scope))


def lifetimes_of(application: TrustedApplication | None, among: Q) -> list[int | None]:
    """The maximum lifetimes alone; without a query for an application in memory."""
    if application:
        return [application.max_lifetime_days]
    days = TrustedApplication.objects.filter(among).order_by().values_list("max_lifetime_days", flat=True)
    return list(days.distinct())


def rules_in(rows: Iterable[tuple[uuid.UUID, int | None, tuple[str, ...], str | None]]) -> Rules:
    """What `rules_of` gives, of rows with the id of an application and these columns."""
    known = [row for row in rows if row[0]]
    found = Rules({}, list(dict.fromkeys(days for _pk, days, _offered, _issued in known)))
    for application_id, _days, offered, issued in known:
        if issued and issued not in offered:
            found.not_offered.setdefault(application_id, []).append(issued)
    return found


class BetweenSpaces(Func):
    """A set of scopes, or one, with a space at each end, so that each name of the set stands between two."""

    template = "(' ' || %(expressions)s || ' ')"
    output_field = models.TextField()
