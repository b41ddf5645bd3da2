"""Which tokens could not be issued today (POL-6): the one rule, as Python asks it of a token and as SQL finds them.

A test holds the two together. What keeps a token from being good at all (a disabled application, a holder that is
missing or inactive) is not part of it: lists say that in words of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.db import models
from django.db.models import F, Func, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, StrIndex
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from reference_tokens.models.among import AmongIds, ReadFirst
from reference_tokens.models.lifetime import maximum_days
from reference_tokens.models.rules import ALL, BetweenSpaces, Rules, lifetimes_of, rules_of
from trusted_apps.models import AccessTokensPolicy, TrustedApplication

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

# More rules than these are asked of each token, not of the indexes.
RULES_AT_MOST = 100
# More names of scopes than these are not looked for in the scopes of a token before these are compared.
NAMES_AT_MOST = 5
NONE = Q(pk__in=[])


class Outside(models.TextChoices):
    """Why a token could not be issued today, as the end of a sentence."""

    POLICY = "policy", gettext_lazy("the AccessTokens policy of its application does not allow it")
    NO_EXPIRY = "no_expiry", gettext_lazy("its application does not allow tokens without expiry")
    LIFETIME = "lifetime", gettext_lazy("it lives longer than its application allows")
    SCOPES = "scopes", gettext_lazy("its application does not offer all of its scopes")


class Terms(NamedTuple):
    """What a token was issued with, as far as the rules ask for it."""

    is_administrator: bool
    expires_at: datetime | None
    scopes: Iterable[str]


def reasons_outside(terms: Terms, application: TrustedApplication, now: datetime) -> list[Outside]:
    """Everything for which the application would not let a token of these terms be issued now."""
    policies = AccessTokensPolicy.open_to(is_administrator=terms.is_administrator)
    latest = now + timedelta(days=maximum_days(application))
    found = {
        Outside.POLICY: application.access_tokens_policy not in policies,
        Outside.NO_EXPIRY: terms.expires_at is None and not application.allows_tokens_without_expiry,
        Outside.LIFETIME: terms.expires_at is not None and terms.expires_at > latest,
        Outside.SCOPES: not set(terms.scopes) <= set(application.scopes),
    }
    return [reason for reason, holds in found.items() if holds]


def outside_text(reasons: Iterable[Outside]) -> str:
    """The reasons in one sentence."""
    return _("It could not be issued today: %(reasons)s.") % {"reasons": "; ".join(str(one.label) for one in reasons)}


def outside(
    now: datetime,
    application: TrustedApplication | None = None,
    reasons: Iterable[Outside] = Outside,
    rules: Rules | None = None,
) -> list[Q]:
    """Conditions that hold of the tokens for which a reason does, as `reasons_outside` has it; an index serves each.

    By the rules of each token's own application; or of the one given, as it is in memory, saved or not, for its tokens.
    `rules`: what `rules_for` gives, where that was asked already.
    """
    asked = list(reasons)
    if rules is None:
        rules = rules_for(asked, application)
    conditions: dict[Outside, Callable[[], list[Q]]] = {
        Outside.POLICY: lambda: outside_access_policy(application, rules.among),
        Outside.NO_EXPIRY: lambda: without_allowed_expiry(application, rules.among),
        Outside.LIFETIME: lambda: outside_lifetime(now, application, rules),
        Outside.SCOPES: lambda: [with_scopes_not_offered(scopes_not_offered(rules))],
    }
    return [condition for reason in asked for condition in conditions[reason]()]


def outside_access_policy(application: TrustedApplication | None, among: Q) -> list[Q]:
    """The tokens that the AccessTokens policy does not allow, for each policy."""
    # A SAT, which nobody holds, is an administrator's.
    administrators = User.objects.filter(is_administrator=True).values("pk")
    holders = {
        (False, False): Q(),
        (False, True): Q(holder__isnull=False) & ~Q(holder__in=administrators),
        (True, False): Q(holder=None) | Q(holder__in=administrators),
    }
    found = []
    for policy in AccessTokensPolicy:
        admitted = tuple(policy in AccessTokensPolicy.open_to(is_administrator=sort) for sort in (False, True))
        if admitted in holders and (application is None or application.access_tokens_policy == policy):
            found.append(of_applications(application, among, access_tokens_policy=policy) & holders[admitted])
    return found


def without_allowed_expiry(application: TrustedApplication | None, among: Q) -> list[Q]:
    """The tokens without expiry that must have one."""
    if application and application.allows_tokens_without_expiry:
        return []
    return [of_applications(application, among, allows_tokens_without_expiry=False) & Q(expires_at=None)]


def outside_lifetime(now: datetime, application: TrustedApplication | None, rules: Rules) -> list[Q]:
    """The tokens that live longer than they may, for each maximum lifetime."""
    if application:
        latest = now + timedelta(days=maximum_days(application))
        return [of_applications(application) & Q(expires_at__gt=latest)]
    if len(rules.lifetimes) > RULES_AT_MOST:
        most = Coalesce(F("application__max_lifetime_days"), Value(settings.MAX_TOKEN_LIFETIME_DAYS))
        of_these = of_applications(None, rules.among) if rules.among else ALL
        return [of_these & Q(GreaterThan(F("expires_at"), DaysAfter(now, most)))]
    return [
        of_applications(None, rules.among, max_lifetime_days=days)
        & Q(expires_at__gt=now + timedelta(days=days or settings.MAX_TOKEN_LIFETIME_DAYS))
        for days in rules.lifetimes
    ]


def rules_for(reasons: Iterable[Outside], application: TrustedApplication | None = None, among: Q = ALL) -> Rules:
    """What `rules_of` gives, as far as these reasons ask for it; without a query where none does."""
    asked = {*reasons}
    if Outside.SCOPES in asked:
        return rules_of(application, among)
    return Rules({}, lifetimes_of(application, among) if Outside.LIFETIME in asked else [], among)


class ScopesNotOffered(NamedTuple):
    """The scopes that tokens of an application were issued with and that it does not offer."""

    # Those that no application offers at all, where they are few names of many applications.
    by_none: dict[uuid.UUID, list[str]]
    by_this_one: dict[uuid.UUID, list[str]]


def scopes_not_offered(rules: Rules) -> ScopesNotOffered:
    """The scopes that the rules do not offer."""
    pairs = rules.not_offered
    if rules.offered is None or not are_many(pairs):
        return ScopesNotOffered({}, pairs)
    names = set(names_of(pairs)) - rules.offered
    if len(names) > NAMES_AT_MOST:
        return ScopesNotOffered({}, pairs)
    return ScopesNotOffered(
        {pk: kept for pk, some in pairs.items() if (kept := [name for name in some if name in names])},
        {pk: kept for pk, some in pairs.items() if (kept := [name for name in some if name not in names])},
    )


def has_scope_not_offered(scopes: ScopesNotOffered) -> Q:
    """Whether a token in hand has a scope that is not offered: a name that nobody offers says enough of it."""
    has_one = reduce(or_, map(has_scope, names_of(scopes.by_none)), NONE)
    return has_one | with_scopes_not_offered(scopes._replace(by_none={}))


def with_scopes_not_offered(scopes: ScopesNotOffered) -> Q:
    """The tokens with a scope that is not offered, by the index of their applications."""
    found = has_one_of(scopes.by_none) if scopes.by_none else NONE
    if are_many(scopes.by_this_one):
        # Asked of the tokens of these alone: for a join PostgreSQL compares each token with every application.
        offered = Subquery(TrustedApplication.objects.filter(pk=OuterRef("application")).values("scopes"))
        return found | (has_one_of(scopes.by_this_one) & ~Q(EveryScopeIn(F("scopes"), offered)))
    for application_id, names in scopes.by_this_one.items():
        found |= Q(application=application_id) & reduce(or_, map(has_scope, names))
    return found


def are_many(scopes: dict[uuid.UUID, list[str]]) -> bool:
    """Whether each of them is too much to be asked of every token."""
    return sum(map(len, scopes.values())) > RULES_AT_MOST


def names_of(scopes: dict[uuid.UUID, list[str]]) -> list[str]:
    """Their names, each once."""
    return sorted({name for some in scopes.values() for name in some})


def has_one_of(scopes: dict[uuid.UUID, list[str]]) -> Q:
    """The tokens of these applications with one of the names; of many names, all of their tokens."""
    names = names_of(scopes)
    # Few tokens have one of them, and one after the other is looked for sooner than all are compared.
    has_one = reduce(or_, map(has_scope, names)) if len(names) <= NAMES_AT_MOST else ALL
    return Q(AmongIds(F("application"), list(scopes))) & has_one


def of_applications(application: TrustedApplication | None, among: Q = ALL, **rules: Any) -> Q:
    """The tokens of the application that is given, which was asked for its rules; else of those with these rules."""
    if application:
        return Q(application=application)
    ruled = TrustedApplication.objects.filter(among, **rules).values("pk")
    # Of all there are too many to be compared with each token.
    return Q(ReadFirst(F("application"), ruled.query)) if among else Q(application__in=ruled)


def has_scope(scope: str) -> Q:
    """Whether a token has this scope, as its own columns tell."""
    return Q(GreaterThan(StrIndex(BetweenSpaces("scopes"), Value(f" {scope} ")), 0))


def scopes_value(scopes: Iterable[str]) -> Value:
    """A set of scopes as SQL compares it with a column."""
    return Value(" ".join(scopes), output_field=models.TextField())


class _ComparedScopes(Func):
    """Two sets of scopes compared, each in the text of RFC 6749 §3.3."""

    output_field = models.BooleanField()
    postgresql_operator: str
    # A name of the first set, as `value`, that settles the question; and whether one settles it with yes.
    settles: str

    def as_postgresql(self, compiler: SQLCompiler, _connection: BaseDatabaseWrapper, **_context: Any) -> Any:
        """By arrays."""
        (one, one_params), (other, other_params) = map(compiler.compile, self.get_source_expressions())
        sql = f"(string_to_array({one}, ' ') {self.postgresql_operator} string_to_array({other}, ' '))"
        return sql, (*one_params, *other_params)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: Any) -> Any:  # noqa: ARG002 - Django calls it so
        """By JSON, which needs no escapes: a scope has neither a quotation mark nor a backslash."""
        (one, one_params), (other, other_params) = map(compiler.compile, self.get_source_expressions())
        names = f"""json_each('["' || replace({one}, ' ', '","') || '"]')"""
        is_in_other = f"instr(' ' || {other} || ' ', ' ' || value || ' ')"
        sql = self.settles.format(names=names, is_in_other=is_in_other)
        return sql, (*one_params, *other_params)


class EveryScopeIn(_ComparedScopes):
    """Whether every scope of the first set is in the second."""

    postgresql_operator = "<@"
    settles = "NOT EXISTS (SELECT 1 FROM {names} WHERE {is_in_other} = 0)"


class SomeScopeIn(_ComparedScopes):
    """Whether some scope of the first set is in the second."""

    postgresql_operator = "&&"
    settles = "EXISTS (SELECT 1 FROM {names} WHERE {is_in_other} > 0)"


class DaysAfter(Func):
    """The instant that lies a number of days, each of 24 hours, after a known one."""

    output_field = models.DateTimeField()

    def __init__(self, now: datetime, days: Any) -> None:
        super().__init__(days)
        self.now = now

    def as_postgresql(self, compiler: SQLCompiler, _connection: BaseDatabaseWrapper, **_context: Any) -> Any:
        """By an interval of hours: one of days would follow the clocks of the session's time zone."""
        days, params = compiler.compile(self.get_source_expressions()[0])
        return f"(%s::timestamptz + {days} * interval '24 hours')", (self.now, *params)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: Any) -> Any:
        """As the text that is stored; SQLite's own instants end at milliseconds, its dates are exact."""
        days, params = compiler.compile(self.get_source_expressions()[0])
        date, _space, time = str(connection.ops.adapt_datetimefield_value(self.now)).partition(" ")
        return f"(date(%s, '+' || {days} || ' days') || %s)", (date, *params, f" {time}")
