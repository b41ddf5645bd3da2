"""Telling owners what became of their tokens (TOK-15): noted here, in the transaction of the cause, and sent later.

The owner of a PAT is its holder; the owners of a SAT are those of its application. Nothing is noted for whom no mail
can reach: the inactive, the deleted, and people without an e-mail address (`housekeeping --json` counts them).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from accounts.audit.record import Source
from accounts.models import User
from accounts.progress import Report, counted, to_nobody
from reference_tokens.models import Notice, ReferenceToken
from reference_tokens.notices.due import EXPIRY_STEPS, expiring
from reference_tokens.notices.outbox import queue_notices
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.audit.record import Actor
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


def by_owner(tokens: ReferenceTokenQuerySet, but: User | None = None) -> dict[str, ReferenceTokenQuerySet]:
    """Those of the tokens about which people are to be mailed, but for one, by the way that leads to these people."""
    people = reachable().exclude(pk=but.pk) if but else reachable()
    return {
        "holder": tokens.filter(kind=ReferenceToken.Kind.PAT, holder__in=people),
        "application__owners": tokens.filter(kind=ReferenceToken.Kind.SAT, application__owners__in=people),
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

    Call it in the transaction of the cause, once for each cause. Whoever acted is not mailed about it.
    """
    if actor and actor.source not in TOLD:
        return 0
    told = by_owner(tokens, but=actor.user if actor else None)
    owners = {
        person for way, owned in told.items() for person in owned.order_by().values_list(way, flat=True).distinct()
    }
    if not owners:
        return 0
    common = {"kind": kind, "cause": str(cause), "step": step, "created_at": now}
    notices = Notice.objects.bulk_create([Notice(recipient_id=person, **common) for person in sorted(owners)])
    noted = Notice.objects.filter(kind=kind, cause=str(cause))
    for way, owned in told.items():
        attach(owned, Subquery(noted.filter(recipient=OuterRef(way)).values("pk")))
    queue_notices(notices, now=now)
    return len(owners)


def attach(tokens: ReferenceTokenQuerySet, notice: Subquery) -> None:
    """Let each token stand in its notice. The database does it by itself: they may be a hundred thousand."""
    sql, parameters = tokens.order_by().values_list(notice, "pk").query.sql_with_params()
    through = Notice.tokens.through._meta.db_table  # noqa: SLF001 - Django's public name for it
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {through} (notice_id, referencetoken_id) {sql}", parameters)


def note_revocation(tokens: ReferenceTokenQuerySet, *, cause: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Tell the owners that an administrator or the operator revoked their tokens."""
    note(Kind.REVOCATION, tokens, cause=cause, actor=actor, now=now)


def note_suspension(tokens: ReferenceTokenQuerySet, *, cause: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Tell the owners that their tokens were suspended; a token may be, again and again."""
    note(Kind.SUSPENSION, tokens, cause=f"{cause} {now.isoformat()}", actor=actor, now=now)


def note_rotation(token: ReferenceToken, *, now: datetime) -> None:
    """Tell the owners that a token rotated itself (TOK-10); `token` is the new one, which took its place."""
    note(Kind.ROTATION, ReferenceToken.objects.filter(pk=token.pk), cause=token.pk, now=now)


def note_expiries(*, now: datetime, report: Report = to_nobody) -> int:
    """Note the mails before an expiry that are due, one for each token, step and owner; returns how many."""
    about = _("Tokens that expire soon")
    report(about)
    due = [(token, step) for step in EXPIRY_STEPS for token in unnoted(step, now).values_list("pk", flat=True)]
    return sum(note_expiry(token, step, now) for token, step in counted(due, about, report, total=len(due)))


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
