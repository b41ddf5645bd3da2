"""Everything that a database gets, in its order."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Any

from reference_tokens.models import DailyUse, ReferenceToken, TokenUse
from tests.bench.seed.bulk import AT_ONCE, insert, without_indexes
from tests.bench.seed.cast import store_cast
from tests.bench.seed.tokens import NAMES, Tokens, row
from tests.bench.seed.uses import ONE_OF_ALL, ONE_OF_USED, USE, daily_uses, store_audit, use

# Of more tokens than these a smaller share has a history, and is told.
MANY = 1_000_000


@dataclass
class Content:
    """What those need to know who ask about the tokens."""

    credentials: list[str]
    values: list[str] = field(default_factory=list)
    used: list[dict[str, Any]] = field(default_factory=list)
    issued: list[dict[str, Any]] = field(default_factory=list)


def store_content(
    seed: int, tokens: int, now: datetime.datetime, *, people: int = 20_000, applications: int = 400
) -> Content:
    """Fill a migrated database that holds nothing yet."""
    draw = Random(seed)
    cast = store_cast(draw, now, people, applications)
    content = Content(cast.credentials)
    with without_indexes(ReferenceToken), without_indexes(TokenUse):
        left = told(Tokens(seed, tokens, cast, now), content)
        while portion := list(islice(left, AT_ONCE)):
            insert(ReferenceToken, NAMES, map(row, portion))
            insert(TokenUse, USE, (use(draw, token) for token in portion if token["last_used_at"]))
    insert(DailyUse, ("token", "day", "accepted", "refused"), daily_uses(draw, content.used))
    store_audit(content.issued)
    return content


def told(tokens: Tokens, content: Content) -> Iterator[dict[str, Any]]:
    """Each token; keeps what is to be known of some of them."""
    sparing = 1 + (tokens.count - 1) // MANY
    for number, token in enumerate(tokens):
        if token["is_valid"] and number % sparing == 0:
            content.values.append(token["value"])
        if token["last_used_at"] and number % (ONE_OF_USED * sparing) == 0:
            content.used.append(token)
        if number % (ONE_OF_ALL * sparing) == 0:
            content.issued.append(token)
        yield token
