"""Which tokens could not be issued today (POL-6): the one rule, as Python asks it of a token and as SQL finds them.

A test holds the two together. What keeps a token from being good at all (a disabled application, a holder that is
missing or inactive) is not part of it: lists say that in words of its own.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact, GreaterThan, In
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from reference_tokens.models.lifetime import maximum_days
from trusted_apps.models import AccessTokensPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

    from trusted_apps.models import TrustedApplication


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


class Rules(NamedTuple):
    """What decides whether a token could be issued, as SQL compares it: expressions."""

    access_tokens_policy: Any
    allows_tokens_without_expiry: Any
    maximum_days: Any
    scopes: Any

    @classmethod
    def of(cls, application: TrustedApplication) -> Rules:
        """The rules of an application as it is in memory, saved or not."""
        return cls(
            Value(str(application.access_tokens_policy), output_field=models.CharField()),
            Value(application.allows_tokens_without_expiry, output_field=models.BooleanField()),
            Value(maximum_days(application), output_field=models.IntegerField()),
            scopes_value(application.scopes),
        )

    @classmethod
    def of_each_application(cls) -> Rules:
        """For each token the rules of its own application."""
        return cls(
            F("application__access_tokens_policy"),
            F("application__allows_tokens_without_expiry"),
            Coalesce(F("application__max_lifetime_days"), Value(settings.MAX_TOKEN_LIFETIME_DAYS)),
            F("application__scopes"),
        )


def outside(reason: Outside, rules: Rules, now: datetime) -> Q:
    """The condition of the tokens for which this reason holds; as `reasons_outside` has it."""
    if reason == Outside.POLICY:
        # Said of both sorts without a NOT around the holder, who of a SAT is NULL.
        person, administrator = Q(holder__is_administrator=False), Q(holder=None) | Q(holder__is_administrator=True)
        people = In(rules.access_tokens_policy, AccessTokensPolicy.open_to(is_administrator=False))
        administrators = In(rules.access_tokens_policy, AccessTokensPolicy.open_to(is_administrator=True))
        return person & ~Q(people) | administrator & ~Q(administrators)
    if reason == Outside.NO_EXPIRY:
        return Q(Exact(rules.allows_tokens_without_expiry, False), expires_at=None)
    if reason == Outside.LIFETIME:
        return Q(GreaterThan(F("expires_at"), DaysAfter(now, rules.maximum_days)))
    return ~Q(EveryScopeIn(F("scopes"), rules.scopes))


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
