"""What the rules of docs/design say of tokens, in plain Python: nothing of the product is imported here.

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
    self_rotation: bool = True

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
    # When the first of its chain was issued.
    chain_issued: datetime | None = None
    # The old value that it took the place of.
    replaces: Token | None = None

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


def renewed(token: Token, now: datetime) -> datetime | None:
    """TOK-10: when a new value ends: the same length of life, bound by today's policy."""
    longest = (now + token.app.longest).replace(microsecond=0)
    if token.expires is None:
        return None if token.app.for_ever else longest
    return min(now.replace(microsecond=0) + (token.expires - token.issued.replace(microsecond=0)), longest)


def may_rotate(token: Token, now: datetime) -> bool:
    """TOK-10: only the newest of a chain, not one that has ended or is suspended, and what could be issued today."""
    if token.ended(now) or token.suspended or token.replaced:
        return False
    return may_issue(token.app, token.person, token.effective, renewed(token, now), now)


def end_of_chain(token: Token) -> datetime:
    """TOK-10: what rotates itself never gets past the first token's maximum life."""
    return ((token.chain_issued or token.issued) + token.app.longest).replace(microsecond=0)


def answer_to_rotating_itself(token: Token, now: datetime) -> int:
    """Contract 4.5: 201 where the application allows it, else 403; 401 for what is not good, 409 for an old value."""
    if not token.good(now):
        return 401
    if token.replaced:
        return 409
    chain_is_over = renewed(token, now) is not None and end_of_chain(token) <= now
    return 201 if may_rotate(token, now) and token.app.self_rotation and not chain_is_over else 403


def rotate(token: Token, value: str, overlap: timedelta, now: datetime, *, itself: bool = False) -> Token:
    """TOK-10: the new value; the old one lives on for the overlap, never longer than it would have."""
    expires = renewed(token, now)
    if itself and expires:
        expires = min(expires, end_of_chain(token))
    new = Token(value, token.app, token.person, token.effective, now, expires)
    new.chain_issued = token.chain_issued or token.issued
    new.replaces = token
    token.replaced = True
    end = now.replace(microsecond=0) + overlap
    token.expires = min(token.expires or end, end)
    token.revoked = not overlap
    return new


def with_old_values(token: Token, now: datetime) -> list[Token]:
    """TOK-10: what ends with the newest of a chain: the old values that live on; an old value ends alone."""
    found, old = [token], None if token.replaced else token.replaces
    while old:
        if not old.ended(now):
            found.append(old)
        old = old.replaces
    return found


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
