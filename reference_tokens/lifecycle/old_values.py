"""Values of a token's chain that live on beside it (TOK-10): revoking or suspending the newest ends them too."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from accounts.forms.fingerprints import fingerprint
from reference_tokens.lifecycle.selection import lock_tokens
from reference_tokens.models import ReferenceToken

if TYPE_CHECKING:
    from datetime import datetime

    from reference_tokens.models import ReferenceTokenQuerySet

FEW = 1000


@dataclass(frozen=True, slots=True)
class LiveChain:
    """A token, and the other values of its chain that have not ended, the newest first."""

    token: ReferenceToken
    others: list[ReferenceToken]

    @property
    def old_values(self) -> list[ReferenceToken]:
        """The values that end together with the newest one; an old value ends alone."""
        return [] if self.token.successor else self.others

    @property
    def old_values_in_use(self) -> list[ReferenceToken]:
        """Those of them that are not suspended."""
        return [old for old in self.old_values if old.suspended_at is None]

    @property
    def newer(self) -> ReferenceToken | None:
        """The newest value, where this is an old one and that one has not ended."""
        return next((other for other in self.others if not other.successor), None)

    @property
    def seen(self) -> str:
        """A fingerprint of the values beside the token, which a question carries: its answer is about the same ones."""
        return fingerprint(self.ids_beside)

    @property
    def ids_beside(self) -> list[uuid.UUID]:
        """Which values live beside the token."""
        return [other.pk for other in self.others]


def live_chain(token_id: uuid.UUID, now: datetime) -> LiveChain:
    """The token and what lives beside it, as they are now: at most two queries."""
    related = ReferenceToken.objects.select_related("application", "replaced_by")
    token = related.get(pk=token_id)
    if token.family is None:
        return LiveChain(token, [])
    others = related.filter(family=token.family).not_ended(now).exclude(pk=token_id)
    return LiveChain(token, list(others.order_by("-issued_at")))


def locked_chain(token_id: uuid.UUID, now: datetime) -> LiveChain:
    """As `live_chain`, locked until the transaction ends: nothing of it ends meanwhile, and the token is not rotated.

    It is read under the locks: a process that held one may have rotated or ended a token.
    """
    family = ReferenceToken.objects.values_list("family", flat=True).get(pk=token_id)
    chain = Q(family=family) if family else Q(pk=token_id)
    lock_tokens(ReferenceToken.objects.not_ended(now).filter(chain))
    return live_chain(token_id, now)


def old_values_of(tokens: ReferenceTokenQuerySet, now: datetime) -> ReferenceTokenQuerySet:
    """The old values that live on beside those of the tokens that are the newest of their chains.

    None of the tokens themselves is among them.
    """
    newest = tokens.order_by().filter(replaced_by=None).exclude(family=None)
    others = ReferenceToken.objects.not_ended(now).filter(family__in=newest.values("family"))
    return others.exclude(is_one_of(tokens))


def with_old_values_of(tokens: ReferenceTokenQuerySet, old_values: ReferenceTokenQuerySet) -> ReferenceTokenQuerySet:
    """The tokens, and old values of them, as one set; few are named by their ids, which an index finds."""
    ids = [pk for part in (tokens, old_values) for pk in part.order_by().values_list("pk", flat=True)[: FEW + 1]]
    if len(ids) <= FEW:
        return ReferenceToken.objects.filter(pk__in=ids)
    return ReferenceToken.objects.filter(is_one_of(tokens) | is_one_of(old_values))


def is_one_of(tokens: ReferenceTokenQuerySet) -> Q:
    """The condition of being one of these. It is asked of each token: PostgreSQL makes no index of a list of many."""
    return Q(Exists(tokens.order_by().filter(pk=OuterRef("pk"))))
