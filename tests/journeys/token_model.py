"""What the rules of product.md say of tokens, in plain Python: nothing of the product is imported here.

It is what test_state_machine.py compares the product with, so it is written from the rules and knows no table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

# POL-2: who may issue.
OPEN_TO_PEOPLE = {"AuthenticatedUsers"}
OPEN_TO_ADMINISTRATORS = {"AuthenticatedUsers", "AdministratorsOnly"}
INSTANCE_DAYS = 366


@dataclass(eq=False)
class User:
    name: str
    active: bool = True
    administrator: bool = False


@dataclass(eq=False)
class App:
    name: str
    system_user: User | None
    policy: str = "AuthenticatedUsers"
    scopes: frozenset[str] = frozenset({"read", "update"})
    days: int | None = None
    for_ever: bool = False
    enabled: bool = True

    @property
    def longest(self) -> timedelta:
        return timedelta(days=self.days or INSTANCE_DAYS)


@dataclass(eq=False)
class Server:
    name: str
    # None: it may ask about every application.
    apps: frozenset[str] | None
    required: frozenset[str] = frozenset()
    # The good one last; those before it are good no more.
    secrets: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Token:
    value: str
    app: App
    person: User | None
    scopes: frozenset[str]
    issued: datetime
    expires: datetime | None
    revoked: bool = False
    suspended: bool = False
    # Whether a newer value has taken its place.
    replaced: bool = False

    @property
    def holder(self) -> User | None:
        return self.person or self.app.system_user

    @property
    def effective(self) -> frozenset[str]:
        """POL-7."""
        return self.scopes & self.app.scopes

    def ended(self, now: datetime) -> bool:
        return self.revoked or (self.expires is not None and now >= self.expires)

    def good(self, now: datetime) -> bool:
        """VAL-1, as one sentence."""
        holds = self.holder is not None and self.holder.active
        return not self.ended(now) and not self.suspended and self.app.enabled and holds and bool(self.effective)

    def outside(self, now: datetime) -> bool:
        """POL-6: whether it could not be issued today by the rules of its application."""
        return (
            self.outside_policy(self.app.policy) or self.too_long(self.app, now) or not self.scopes <= self.app.scopes
        )

    def outside_policy(self, policy: str) -> bool:
        if self.person and not self.person.administrator:
            return policy not in OPEN_TO_PEOPLE
        return policy not in OPEN_TO_ADMINISTRATORS

    def too_long(self, app: App, now: datetime) -> bool:
        if self.expires is None:
            return not app.for_ever
        return self.expires > now + app.longest


def may_issue(app: App, person: User | None, scopes: frozenset[str], expires: datetime | None, now: datetime) -> bool:
    """POL-2, POL-4, POL-5, TOK-5, TOK-6: a PAT of this person, or for None a SAT by an administrator."""
    if not app.enabled or not scopes or not scopes <= app.scopes:
        return False
    if expires is None and not app.for_ever:
        return False
    if expires is not None and not now < expires <= now + app.longest:
        return False
    if person is None:
        return app.policy in OPEN_TO_ADMINISTRATORS and app.system_user is not None and app.system_user.active
    allowed = OPEN_TO_ADMINISTRATORS if person.administrator else OPEN_TO_PEOPLE
    return person.active and app.policy in allowed


def change_rules(app: App, tokens: list[Token], now: datetime, *, acts: bool, **rules: object) -> None:
    """POL-6: an application's rules change; with `acts` everything that is offered in the same step is done."""
    mine = [token for token in tokens if token.app is app and not token.ended(now)]
    policy, days, for_ever = app.policy, app.longest, app.for_ever
    could = {token for token in mine if token.effective}
    newly_outside = [token for token in mine if not token.outside_policy(policy)]
    for name, value in rules.items():
        setattr(app, name, value)
    if not acts:
        return
    for token in newly_outside:
        token.revoked |= token.outside_policy(app.policy)
    for token in could:
        token.revoked |= not token.effective
    if app.longest < days or (for_ever and not app.for_ever):
        for token in mine:
            if not token.revoked and token.too_long(app, now):
                token.expires = (now + app.longest).replace(microsecond=0)
