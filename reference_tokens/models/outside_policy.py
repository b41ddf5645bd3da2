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
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce, Concat, StrIndex
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts.models import User
from reference_tokens.models.issued_scopes import IssuedScope
from reference_tokens.models.lifetime import maximum_days
from trusted_apps.models import AccessTokensPolicy, TrustedApplication

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

# More rules than these are asked of each token, not of the indexes.
RULES_AT_MOST = 100
NONE = Q(pk__in=[])
Issued = list[tuple[Any, str, tuple[str, ...], int | None]]


class Outside(models.TextChoices):
    """Why a token could not be issued today, as the end of a sentence."""

    POLICY = "policy", _lazy("the AccessTokens policy of its application does not allow it")
    NO_EXPIRY = "no_expiry", _lazy("its application does not allow tokens without expiry")
    LIFETIME = "lifetime", _lazy("it lives longer than its application allows")
    SCOPES = "scopes", _lazy("its application does not offer all of its scopes")


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
    issued: Issued | None = None,
) -> list[Q]:
    """For each reason the condition of the tokens for which it holds; as `reasons_outside` has it.

    By the rules of each token's own application; or of the one given, as it is in memory, saved or not, for its tokens.
    `issued`: what `issued_scopes` gives, where that was asked already.
    """
    asked = list(reasons)
    if issued is None:
        issued = issued_scopes(application) if {*asked} & {Outside.LIFETIME, Outside.SCOPES} else []
    conditions: dict[Outside, Callable[[], Q]] = {
        Outside.POLICY: lambda: outside_access_policy(application),
        Outside.NO_EXPIRY: lambda: without_allowed_expiry(application),
        Outside.LIFETIME: lambda: outside_lifetime(now, application, issued),
        Outside.SCOPES: lambda: with_scopes_not_offered(scopes_not_offered(issued, application)),
    }
    return [conditions[reason]() for reason in asked]


def outside_access_policy(application: TrustedApplication | None) -> Q:
    """The tokens that the AccessTokens policy does not allow."""
    # A SAT, which nobody holds, is an administrator's.
    administrators = User.objects.filter(is_administrator=True).values("pk")
    holders = {
        (False, False): Q(),
        (False, True): Q(holder__isnull=False) & ~Q(holder__in=administrators),
        (True, False): Q(holder=None) | Q(holder__in=administrators),
    }
    found = NONE
    for policy in AccessTokensPolicy:
        admitted = tuple(policy in AccessTokensPolicy.open_to(is_administrator=sort) for sort in (False, True))
        if admitted in holders and (application is None or application.access_tokens_policy == policy):
            found |= of_applications(application, access_tokens_policy=policy) & holders[admitted]
    return found


def without_allowed_expiry(application: TrustedApplication | None) -> Q:
    """The tokens without expiry that must have one."""
    if application and application.allows_tokens_without_expiry:
        return NONE
    return of_applications(application, allows_tokens_without_expiry=False) & Q(expires_at=None)


def outside_lifetime(now: datetime, application: TrustedApplication | None, issued: Issued) -> Q:
    """The tokens that live longer than they may."""
    if application:
        latest = now + timedelta(days=maximum_days(application))
        return of_applications(application) & Q(expires_at__gt=latest)
    # Every application that has tokens is among them.
    known = {days for _application, _scope, _offered, days in issued}
    if len(known) > RULES_AT_MOST:
        most = Coalesce(F("application__max_lifetime_days"), Value(settings.MAX_TOKEN_LIFETIME_DAYS))
        return Q(GreaterThan(F("expires_at"), DaysAfter(now, most)))
    found = NONE
    for days in known:
        latest = now + timedelta(days=days or settings.MAX_TOKEN_LIFETIME_DAYS)
        found |= of_applications(None, max_lifetime_days=days) & Q(expires_at__gt=latest)
    return found


def issued_scopes(application: TrustedApplication | None = None) -> Issued:
    """The scopes of tokens, each with its application, the scopes that this offers, and its maximum lifetime."""
    found = IssuedScope.objects.filter(application=application) if application else IssuedScope.objects.all()
    names = ("application", "scope", "application__scopes", "application__max_lifetime_days")
    return list(found.values_list(*names))


def scopes_not_offered(issued: Issued, application: TrustedApplication | None = None) -> dict[uuid.UUID, list[str]]:
    """For each application the scopes that some of its tokens were issued with and that it does not offer."""
    found: dict[uuid.UUID, list[str]] = {}
    for application_id, scope, offered, _days in issued:
        if scope not in (application.scopes if application else offered):
            found.setdefault(application_id, []).append(scope)
    return found


def with_scopes_not_offered(scopes: dict[uuid.UUID, list[str]]) -> Q:
    """The tokens with a scope that is not offered."""
    if sum(map(len, scopes.values())) > RULES_AT_MOST:
        return ~Q(EveryScopeIn(F("scopes"), F("application__scopes"))) & Q(application__in=list(scopes))
    found = NONE
    for application_id, names in scopes.items():
        found |= Q(application=application_id) & reduce(or_, map(has_scope, names))
    return found


def of_applications(application: TrustedApplication | None, **rules: Any) -> Q:
    """The tokens of the application that is given, which was asked for its rules; else of those with these rules."""
    if application:
        return Q(application=application)
    return Q(application__in=TrustedApplication.objects.filter(**rules).values("pk"))


def has_scope(scope: str) -> Q:
    """Whether a token has this scope, as its own columns tell."""
    names = Concat(Value(" "), "scopes", Value(" "), output_field=models.TextField())
    return Q(GreaterThan(StrIndex(names, Value(f" {scope} ")), 0))


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
