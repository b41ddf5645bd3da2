"""Noting mails about tokens that were reported as leaked: to each owner about theirs, to administrators about all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.database.set_inserts import insert_selected
from reference_tokens.models import Notice
from reference_tokens.notices.noting import note_to, reachable
from reference_tokens.notices.outbox import queue_notices

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from reference_tokens.models import ReferenceTokenQuerySet

Kind = Notice.Kind


def note_exposure(tokens: ReferenceTokenQuerySet, *, cause: uuid.UUID, now: datetime) -> None:
    """Note one mail to each administrator and to each owner who is none, in the transaction of the report."""
    administrators = reachable().filter(is_administrator=True)
    note_to(reachable().filter(is_administrator=False), Kind.LEAK, tokens, cause=cause, now=now)
    about = {"kind": Kind.LEAK_TO_ADMINISTRATOR, "cause": str(cause), "step": None, "created_at": now}
    noted = insert_selected(Notice, ["recipient"], administrators.order_by().values_list("pk"), **about)
    for notice in noted:
        named = tokens.order_by().values_list("pk")
        insert_selected(Notice.tokens.through, ["referencetoken"], named, notice=notice)
    if noted:
        queue_notices(Notice.objects.filter(pk__in=noted), now=now)
