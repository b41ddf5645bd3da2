"""Tokens of every kind and state; their values follow from the seed and their number."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator
from random import Random
from typing import Any

from reference_tokens.models import ReferenceToken
from reference_tokens.token_values import token_format
from reference_tokens.token_values.key_ring import key_ring
from tests.bench.seed import words
from tests.bench.seed.cast import Application, Cast, drawn_uuid
from trusted_apps.models import AccessTokensPolicy

OLDEST_DAYS = 800
USED_WITHIN_DAYS = 400
DAY = datetime.timedelta(days=1)
NAMES = (
    "id kind application holder issuer description scopes digest hash_key hint issued_at expires_at first_used_at "
    "revoked_at revoked_by revocation_source revocation_reason suspended_at "
    "suspended_by suspension_source replaces family"
).split()


def value_of(seed: int, number: int) -> str:
    """The value of a token, in the form of the product."""
    body = token_format.PREFIX + hashlib.blake2b(b"%d:%d" % (seed, number), digest_size=28).hexdigest().upper()
    return body + token_format.checksum(body)


class Tokens:
    """Draws tokens one after the other, the oldest first."""

    def __init__(self, seed: int, count: int, cast: Cast, now: datetime.datetime) -> None:
        self.seed, self.count, self.cast, self.now = seed, count, cast, now
        self.draw = Random(seed + 1)
        self.key = key_ring().current_id
        self.before: dict[str, Any] = {}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for number in range(self.count):
            yield self.token(number)

    def token(self, number: int) -> dict[str, Any]:
        """The columns of a token, with its `value` and whether it `is_valid` (of some that are, it does not say so)."""
        draw, cast = self.draw, self.cast
        value = value_of(self.seed, number)
        application = draw.choices(cast.applications, cum_weights=cast.shares)[0]
        is_personal = draw.random() < 0.8
        # Most of those who hold tokens for an application of administrators became one of them.
        crowd = cast.administrators if application.policy == AccessTokensPolicy.ADMINISTRATORS_ONLY else cast.people
        holder = draw.choice(crowd if draw.random() < 0.9 else cast.people) if is_personal else None
        issued_at = self.now - DAY * (OLDEST_DAYS * (1 - (number + draw.random()) / self.count))
        token = {
            "value": value,
            "id": drawn_uuid(draw),
            "kind": ReferenceToken.Kind.PAT if is_personal else ReferenceToken.Kind.SAT,
            "application": application.id,
            "holder": holder.id if holder else None,
            "issuer": holder.id if holder else draw.choice(cast.administrators).id,
            "description": words.description(draw, number),
            "scopes": self.scopes(application),
            "digest": key_ring().digest(value),
            "hash_key": self.key,
            "hint": token_format.hint(value),
            "issued_at": issued_at,
            "expires_at": self.expiry(application, issued_at),
        }
        self.add_end(token)
        self.add_last_use(token)
        self.add_chain(token, number)
        acts_as_somebody = holder.is_active if holder else application.system_user is not None
        is_of_good = application.is_enabled and acts_as_somebody
        token["is_valid"] = is_of_good and token["replaces"] is None and self.is_good(token)
        self.before = token
        return token

    def scopes(self, application: Application) -> tuple[str, ...]:
        """Some of the application's scopes; a few tokens have one that it offers no more."""
        chosen = self.draw.sample(application.scopes, self.draw.randrange(1, len(application.scopes) + 1))
        return (*chosen, "read") if self.draw.random() < 0.01 else tuple(chosen)

    def expiry(self, application: Application, issued_at: datetime.datetime) -> datetime.datetime | None:
        """Never where that is allowed, past, within the longest life; of a few beyond what is allowed today."""
        draw = self.draw
        kind = draw.random()
        if kind < (0.35 if application.allows_no_expiry else 0.01):
            return None
        if 0.35 < kind < 0.37:
            return self.now + DAY * draw.uniform(367, 800)
        if 0.37 < kind < 0.48:
            return issued_at + (self.now - issued_at) * draw.uniform(0.2, 0.99)
        return self.now + DAY * draw.uniform(0.5, min(application.longest_days or 360, 360))

    def add_end(self, token: dict[str, Any]) -> None:
        """Revoke one of five, and suspend one of a hundred."""
        draw = self.draw
        at = token["issued_at"] + (self.now - token["issued_at"]) * draw.random()
        by = token["holder"] or draw.choice(self.cast.administrators).id
        is_revoked, is_suspended = draw.random() < 0.2, draw.random() < 0.01
        token |= {"revoked_at": None, "revoked_by": None, "revocation_source": "", "revocation_reason": ""}
        token |= {"suspended_at": None, "suspended_by": None, "suspension_source": ""}
        if is_revoked:
            reason = draw.choice(words.REASONS)
            token |= {"revoked_at": at, "revoked_by": by, "revocation_source": "profile", "revocation_reason": reason}
        elif is_suspended:
            token |= {"suspended_at": at, "suspended_by": by, "suspension_source": "manage"}

    def add_last_use(self, token: dict[str, Any]) -> None:
        """Three of five were used, through a Resource Server or from an address."""
        draw = self.draw
        token |= {"first_used_at": None, "last_used_at": None, "last_used_address": None, "last_used_server": None}
        latest = token["revoked_at"] or self.now
        used_at = max(token["issued_at"], latest - DAY * draw.random() * USED_WITHIN_DAYS)
        if draw.random() < 0.6:
            token |= {"first_used_at": min(used_at, token["issued_at"] + DAY), "last_used_at": used_at}
            if draw.random() < 0.5:
                token["last_used_server"] = draw.choice(self.cast.servers)
            else:
                token["last_used_address"] = f"10.{draw.randrange(256)}.{draw.randrange(256)}.{draw.randrange(1, 255)}"

    def add_chain(self, token: dict[str, Any], number: int) -> None:
        """One of a hundred takes the place of the token before it."""
        token |= {"replaces": None, "family": None}
        if number % 100 == 99:
            same = ("kind", "application", "holder", "issuer", "description", "scopes")
            token |= {name: self.before[name] for name in same} | {"replaces": self.before["id"]}
            token["family"] = self.before["id"]

    def is_good(self, token: dict[str, Any]) -> bool:
        """Whether nothing has ended or suspended it."""
        is_past = token["expires_at"] is not None and token["expires_at"] <= self.now + DAY / 2
        return token["revoked_at"] is None and token["suspended_at"] is None and not is_past


def row(token: dict[str, Any]) -> list[Any]:
    """What is stored of a token, in the order of `NAMES`."""
    return [token[name] for name in NAMES]
