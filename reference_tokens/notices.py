"""Telling owners what became of their tokens (TOK-15): noted here, in the transaction of the cause, and sent later.

The owner of a PAT is its holder; the owners of a SAT are those of its application. Nothing is noted for whom no mail
can reach: the inactive, the deleted, and people without an e-mail address (`housekeeping --json` counts them).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.audit import Source
from accounts.models import User
from reference_tokens.attention import EXPIRY_STEPS, expiring
from reference_tokens.delivery import something_is_due
from reference_tokens.models import Notice, ReferenceToken
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.audit import Actor
    from reference_tokens.models import ReferenceTokenQuerySet

Kind = Notice.Kind
# What an owner did, at the Profile site or with the token itself, the owner knows; and what the service does by itself
# to many tokens it tells in one mail (`unused`).
TOLD = frozenset({Source.MANAGE, Source.COMMAND})


def reachable() -> QuerySet[User]:
    """The people whom a mail can reach."""
    return User.objects.filter(kind=User.Kind.PERSON, is_active=True, deleted_at=None).exclude(email="")


def with_reachable_owner() -> QuerySet[TrustedApplication]:
    """The applications about whose SATs a mail can be sent."""
    return TrustedApplication.objects.filter(owners__in=reachable())


def owners_of(tokens: ReferenceTokenQuerySet, but: User | None = None) -> dict[uuid.UUID, list[uuid.UUID]]:
    """The ids of the people to be mailed about these tokens, but for one, each with the ids of theirs."""
    people = reachable().exclude(pk=but.pk) if but else reachable()
    held = tokens.filter(kind=ReferenceToken.Kind.PAT, holder__in=people).values_list("holder", "pk")
    owned = tokens.filter(kind=ReferenceToken.Kind.SAT, application__owners__in=people)
    found: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for rows in (held, owned.values_list("application__owners", "pk")):
        for person, token in rows.order_by("issued_at", "pk"):
            found[person].append(token)
    return found


def note(  # noqa: PLR0913 - each is a column of the notice
    kind: Kind,
    tokens: ReferenceTokenQuerySet,
    *,
    cause: object,
    now: datetime,
    actor: Actor | None = None,
    step: int | None = None,
) -> int:
    """Note one mail to each owner of these tokens about one cause; returns how many.

    Call it in the transaction of the cause, once for each cause. Whoever acted is not mailed about it.
    """
    if actor and actor.source not in TOLD:
        return 0
    owners = sorted(owners_of(tokens, but=actor.user if actor else None).items())
    if not owners:
        return 0
    common = {"kind": kind, "cause": str(cause), "step": step, "created_at": now, "due_at": now}
    notices = Notice.objects.bulk_create([Notice(recipient_id=person, **common) for person, _ids in owners])
    through = Notice.tokens.through
    pairs = [(notice.pk, pk) for notice, (_person, ids) in zip(notices, owners, strict=True) for pk in ids]
    through.objects.bulk_create([through(notice_id=notice, referencetoken_id=token) for notice, token in pairs])
    transaction.on_commit(something_is_due.set)
    return len(owners)


def note_revocation(tokens: ReferenceTokenQuerySet, *, cause: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Tell the owners that an administrator or the operator revoked their tokens."""
    note(Kind.REVOCATION, tokens, cause=cause, actor=actor, now=now)


def note_suspension(tokens: ReferenceTokenQuerySet, *, cause: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Tell the owners that their tokens were suspended; a token may be, again and again."""
    note(Kind.SUSPENSION, tokens, cause=f"{cause} {now.isoformat()}", actor=actor, now=now)


def note_rotation(token: ReferenceToken, *, now: datetime) -> None:
    """Tell the owners that a token rotated itself (TOK-10); `token` is the new one, which took its place."""
    note(Kind.ROTATION, ReferenceToken.objects.filter(pk=token.pk), cause=token.pk, now=now)


def note_expiries(*, now: datetime) -> int:
    """Note the mails before an expiry that are due, one for each token, step and owner; returns how many."""
    due = [(token, step) for step in EXPIRY_STEPS for token in unnoted(step, now).values_list("pk", flat=True)]
    return sum(note_expiry(token, step, now) for token, step in due)


def note_expiry(token_id: uuid.UUID, step: int, now: datetime) -> int:
    """Note the mails about one token, unless somebody else just has; returns how many."""
    with transaction.atomic():
        token = ReferenceToken.objects.filter(pk=token_id)
        # Asked again under the lock, by a statement that begins after whoever held it has committed.
        list(token.select_for_update(no_key=True))
        return note(Kind.EXPIRY, unnoted(step, now).filter(pk=token_id), cause=f"{token_id} {step}", step=step, now=now)


def unnoted(step: int, now: datetime) -> ReferenceTokenQuerySet:
    """The tokens whose next step this is, about which no mail was noted at it, and can be."""
    noted = Notice.objects.filter(kind=Kind.EXPIRY, step=step, tokens=OuterRef("pk"))
    # Asked of each token, not as a list of people to find tokens by: few tokens are in a step, of many people.
    held = Exists(reachable().filter(pk=OuterRef("holder")))
    owned = Exists(with_reachable_owner().filter(pk=OuterRef("application")))
    return expiring(step, now).filter(~Exists(noted), held | Q(owned, kind=ReferenceToken.Kind.SAT))
