"""Noting mails to the owners of tokens (TOK-15), in the transaction of their cause; the outbox sends them later.

The owner of a PAT is its holder; the owners of a SAT are those of its application. Nothing is noted for people whom no
mail can reach: the inactive, the deleted, and those without an e-mail address (`housekeeping --json` counts them).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.db.models.lookups import IsNull
from django.utils.translation import gettext as _

from accounts.audit.record import Source
from accounts.database.locks import let_others_write
from accounts.database.set_inserts import insert_selected
from accounts.models import User
from accounts.progress import Report, to_nobody
from reference_tokens.models import Notice, ReferenceToken
from reference_tokens.models.portions import TokenIds
from reference_tokens.notices.due import EXPIRY_STEPS, in_step, usable
from reference_tokens.notices.outbox import queue_notices
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.audit.record import Actor
    from reference_tokens.models import ReferenceTokenQuerySet

Kind = Notice.Kind
# So many are noted in one transaction, so that no other writer waits for long.
TOKENS_AT_ONCE = 250
# An owner knows of acts at the Profile site or with the token itself; the service tells its own acts on many tokens in
# one mail (`unused`).
SOURCES_TOLD = frozenset({Source.MANAGE, Source.COMMAND})


def reachable() -> QuerySet[User]:
    """The people whom a mail can reach."""
    return User.objects.filter(kind=User.Kind.PERSON, is_active=True, deleted_at=None).exclude(email="")


def with_reachable_owner() -> QuerySet[TrustedApplication]:
    """The applications about whose SATs a mail can be sent."""
    return TrustedApplication.objects.filter(owners__in=reachable())


def by_owner(tokens: ReferenceTokenQuerySet, among: QuerySet[User] | None = None) -> dict[str, ReferenceTokenQuerySet]:
    """The tokens whose owners a mail can reach, or that have one `among` these, by the lookup from token to owner."""
    people = reachable() if among is None else among
    # A condition on each token, not a list of people: a portion of tokens is small, and people are many.
    return {
        way: tokens.filter(Exists(people.filter(pk=OuterRef(way))), kind=kind)
        for way, kind in (("holder", ReferenceToken.Kind.PAT), ("application__owners", ReferenceToken.Kind.SAT))
    }


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

    Call it in the transaction of the cause, once for each cause. The actor gets no mail.
    """
    if actor and actor.source not in SOURCES_TOLD:
        return 0
    people = reachable().exclude(pk=actor.user.pk) if actor and actor.user else reachable()
    return note_to(people, kind, tokens, cause=cause, now=now, step=step)


def note_to(  # noqa: PLR0913 - as above
    people: QuerySet[User],
    kind: Kind,
    tokens: ReferenceTokenQuerySet,
    *,
    cause: object,
    now: datetime,
    step: int | None = None,
) -> int:
    """Note one mail about one cause to each of these people who own some of the tokens; returns how many."""
    told = by_owner(tokens, people)
    about = {"kind": kind, "cause": str(cause)}
    owners = [owned.order_by().values(owner=F(way)) for way, owned in told.items()]
    # Everything in as many statements for a hundred thousand tokens as for one.
    ids = insert_selected(Notice, ["recipient"], owners[0].union(*owners[1:]), **about, step=step, created_at=now)
    if not ids:
        return 0
    noted = Notice.objects.filter(**about)
    for way, owned in told.items():
        notice = Subquery(noted.filter(recipient=OuterRef(way)).values("pk"))
        insert_selected(Notice.tokens.through, ["notice", "referencetoken"], owned.order_by().values_list(notice, "pk"))
    # By the range of their ids as well: no index finds a cause.
    queue_notices(noted.filter(pk__range=(min(ids), max(ids))), now=now)
    return len(ids)


def note_revocation(tokens: ReferenceTokenQuerySet, *, cause: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Note mails about tokens that an administrator or the operator revoked."""
    note(Kind.REVOCATION, tokens, cause=cause, actor=actor, now=now)


def note_suspension(tokens: ReferenceTokenQuerySet, *, cause: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Note mails about suspended tokens; a token may be suspended more than once."""
    note(Kind.SUSPENSION, tokens, cause=f"{cause} {now.isoformat()}", actor=actor, now=now)


def note_rotation(token: ReferenceToken, *, now: datetime) -> None:
    """Note mails about a token that rotated itself (TOK-10); `token` is the new one."""
    note(Kind.ROTATION, ReferenceToken.objects.filter(pk=token.pk), cause=token.pk, now=now)


def note_expiries(*, now: datetime, report: Report = to_nobody) -> int:
    """Note the due mails before an expiry, one for each token, step and owner; returns how many."""
    about = _("Tokens that expire soon")
    report(about)
    found = {step: TokenIds(unnoted(step, now)) for step in EXPIRY_STEPS}
    count = done = 0
    for step, ids in found.items():
        for portion in ids.portions(TOKENS_AT_ONCE):
            if noted := note_expiries_of(portion, step, now):
                count += noted
                let_others_write()
            done += len(portion)
            report(about, done, sum(map(len, found.values())))
    return count


def note_expiries_of(ids: Sequence[uuid.UUID], step: int, now: datetime) -> int:
    """Note the mails about these tokens, unless another process just did; returns how many."""
    due = tokens_to_note(ids, step, now)
    # Asked without a lock first: most that nothing was noted of are due no mail, and are here again in an hour.
    if not due.exists():
        return 0
    with transaction.atomic():
        # Asked again under the lock, by a statement that begins after the last holder of the lock has committed.
        tokens = ReferenceToken.objects.filter(pk__in=ids).order_by("pk")
        list(tokens.select_for_update(no_key=True).values_list("pk"))
        told = [pair for way, owned in by_owner(due).items() for pair in owned.order_by().values_list(way, "pk")]
        if not told:
            return 0
        common = {"kind": Kind.EXPIRY, "step": step, "created_at": now}
        notices = Notice.objects.bulk_create(
            [Notice(recipient_id=owner, cause=f"{token} {step}", **common) for owner, token in told]
        )
        link = Notice.tokens.through
        pairs = zip(notices, told, strict=True)
        link.objects.bulk_create([link(notice=notice, referencetoken_id=token) for notice, (_owner, token) in pairs])
        queue_notices(Notice.objects.filter(pk__in=[notice.pk for notice in notices]), now=now)
    return len(notices)


def unnoted(step: int, now: datetime) -> ReferenceTokenQuerySet:
    """The tokens at this step before their expiry that have no notice of it, whether or not one is due.

    An index answers it, and no other table but that of the notices.
    """
    return without_notice(step).filter(in_step(step, now), revoked_at=None)


def without_notice(step: int) -> ReferenceTokenQuerySet:
    """The tokens that have no notice of this step."""
    of_step = Notice.objects.filter(pk=OuterRef("notice"), kind=Kind.EXPIRY, step=step)
    # Values, not EXISTS and no join: from each token to its own notices, whatever the statistics say. Where very many
    # notices were stored a moment ago, they know of none, and PostgreSQL began at all notices for each token.
    is_of_step = IsNull(Subquery(of_step.values("pk")), False)
    noted = Notice.tokens.through.objects.filter(is_of_step, referencetoken=OuterRef("pk"))
    return ReferenceToken.objects.alias(notice_of_step=Subquery(noted.values("pk")[:1])).filter(notice_of_step=None)


def tokens_to_note(ids: Sequence[uuid.UUID], step: int, now: datetime) -> ReferenceTokenQuerySet:
    """Those of these tokens that a mail is due about: they can be used, and have a reachable owner."""
    # An expression, which no index has: PostgreSQL read the index of the whole step for each portion of it.
    expiry = Coalesce("expires_at", "expires_at")
    tokens = without_notice(step).alias(expiry=expiry).filter(in_step(step, now, expiry="expiry"), pk__in=ids)
    # A condition on each token, not a list of people: few tokens are in a step, and people are many.
    held = Exists(reachable().filter(pk=OuterRef("holder")))
    owned = Exists(reachable().filter(owned_applications=OuterRef("application")))
    return tokens.filter(usable(now), held | Q(owned, kind=ReferenceToken.Kind.SAT))
