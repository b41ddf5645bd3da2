"""What changing an application would do to the tokens it has (POL-6, TOK-12): counted before anything is done."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.db.models import Q

from reference_tokens.lifecycle.selection import Counts, TokenGroup, counted_by_owner, token_group
from reference_tokens.models import ReferenceToken
from reference_tokens.models.lifetime import maximum_days
from reference_tokens.models.outside_policy import NONE, Outside, SomeScopeIn, outside, scopes_value
from reference_tokens.policy.one_pass import read_sets
from trusted_apps.models import AccessTokensPolicy

if TYPE_CHECKING:
    from datetime import datetime

    from reference_tokens.models import ReferenceTokenQuerySet
    from trusted_apps.models import TrustedApplication

LIVES_TOO_LONG = (Outside.LIFETIME, Outside.NO_EXPIRY)
# Something can be done to these sets in the same step. The others are only shown.
ACTED_ON = ("outside_policy", "living_longer", "without_scopes")


@dataclass(frozen=True, slots=True)
class ApplicationChange:
    """An application as it is and as it is to be; each set below holds tokens that are neither revoked nor expired."""

    before: TrustedApplication
    after: TrustedApplication
    now: datetime

    @property
    def tokens(self) -> ReferenceTokenQuerySet:
        """Those that are good, or may be good again."""
        return ReferenceToken.objects.of(self.before).not_ended(self.now)

    def outside_policy(self) -> ReferenceTokenQuerySet:
        """Those that the AccessTokens policy allows today and will not."""
        administrators, others = (self.closes_to(is_administrator=answer) for answer in (True, False))
        if administrators and others:
            return self.tokens
        # A SAT is an administrator's.
        if administrators:
            return self.tokens.filter(Q(holder=None) | Q(holder__is_administrator=True))
        return self.tokens.filter(holder__is_administrator=False) if others else self.tokens.none()

    def living_longer(self) -> ReferenceTokenQuerySet:
        """Where tokens may live less long than before: those that live longer than they will be allowed to."""
        return self.tokens.filter(self.lives_longer)

    @property
    def lives_longer(self) -> Q:
        """The condition of those."""
        no_longer_for_ever = self.before.allows_tokens_without_expiry and not self.after.allows_tokens_without_expiry
        if maximum_days(self.after) >= maximum_days(self.before) and not no_longer_for_ever:
            return NONE
        return reduce(or_, outside(self.now, self.after, LIVES_TOO_LONG))

    def losing_scopes(self) -> ReferenceTokenQuerySet:
        """Those that can do less than before, and still something."""
        if not self._gone_scopes:
            return self.tokens.none()
        gone = Q(SomeScopeIn("scopes", scopes_value(self._gone_scopes)))
        return self.tokens.filter(gone, self._has_scope_of(self.after))

    def without_scopes(self) -> ReferenceTokenQuerySet:
        """Those that can do something today and then nothing."""
        if not self._gone_scopes:
            return self.tokens.none()
        return self.tokens.filter(self._has_scope_of(self.before), ~self._has_scope_of(self.after))

    def disabled(self) -> ReferenceTokenQuerySet:
        """All, where the application is to be disabled."""
        return self.tokens if self.disables else self.tokens.none()

    @property
    def disables(self) -> bool:
        """Whether the application is to be disabled."""
        return self.before.is_enabled and not self.after.is_enabled

    def acting_as_another(self) -> ReferenceTokenQuerySet:
        """The SATs, where they are to act as another System User, or as nobody."""
        return self.tokens.filter(kind=ReferenceToken.Kind.SAT) if self.acts_as_another else self.tokens.none()

    @property
    def acts_as_another(self) -> bool:
        """Whether SATs are to act as another System User, or as nobody."""
        return self.before.system_user_id != self.after.system_user_id

    @property
    def is_about_each(self) -> bool:
        """Whether each token is to be looked at: by its holder, its expiry or its scopes."""
        closes = any(self.closes_to(is_administrator=answer) for answer in (True, False))
        return closes or self.lives_longer != NONE or bool(self._gone_scopes)

    def touched(self) -> dict[str, ReferenceTokenQuerySet]:
        """The sets of tokens that the change concerns, by what it does to them."""
        return {
            "outside_policy": self.outside_policy(),
            "living_longer": self.living_longer(),
            "losing_scopes": self.losing_scopes(),
            "without_scopes": self.without_scopes(),
            "disabled": self.disabled(),
            "acting_as_another": self.acting_as_another(),
        }

    def closes_to(self, *, is_administrator: bool) -> bool:
        """Whether those may issue tokens for it today, and then not."""
        policies = AccessTokensPolicy.open_to(is_administrator=is_administrator)
        return self.before.access_tokens_policy in policies and self.after.access_tokens_policy not in policies

    @property
    def _gone_scopes(self) -> set[str]:
        return set(self.before.scopes) - set(self.after.scopes)

    @staticmethod
    def _has_scope_of(application: TrustedApplication) -> Q:
        return Q(SomeScopeIn("scopes", scopes_value(application.scopes)))


@dataclass(frozen=True, slots=True)
class Impact:
    """The tokens that a change concerns, by what it does to them; `seen` stands for this change and what is shown."""

    change: ApplicationChange
    groups: dict[str, TokenGroup]
    seen: str


def impact_of(change: ApplicationChange) -> Impact:
    """The tokens that a change concerns; of those that something can be done to, `seen` says exactly which."""
    touched, after = change.touched(), change.after
    sets = read_sets(change) if change.is_about_each else counted_sets(touched)
    groups = {name: token_group(sets[name][1]) for name in touched if name in sets}
    digests = [sets[name][0] for name in ACTED_ON if name in sets]
    rules = [
        str(after.access_tokens_policy),
        maximum_days(after),
        after.allows_tokens_without_expiry,
        sorted(after.scopes),
        after.is_enabled,
        str(after.system_user_id),
    ]
    seen = hashlib.sha256(repr([rules, groups, digests]).encode()).hexdigest()
    return Impact(change, groups, seen)


def counted_sets(touched: dict[str, ReferenceTokenQuerySet]) -> dict[str, tuple[list[str], Counts]]:
    """What the database counts of sets that are only shown: to disable an application, no token is read."""
    counts = {name: counted_by_owner(tokens) for name, tokens in touched.items()}
    return {name: ([], counted) for name, counted in counts.items() if counted}
