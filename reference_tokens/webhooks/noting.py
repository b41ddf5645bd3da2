"""Noting what happened as messages of webhooks: a portion at a time, so that no other writer waits for long.

What the audit log holds is noted from there, after the act: an act on a hundred thousand tokens stores nothing for
webhooks. A webhook whose messages pile up is noted nothing more until some of them are done with: the log keeps it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from accounts.audit.queries import entries_after, last_entry
from accounts.models import OutboxEntry
from accounts.outbox.entries import add_to_queue
from reference_tokens.models import EventType, ReferenceToken, Webhook, WebhookDelivery
from reference_tokens.webhooks.bodies import body_of, tokens_told_of
from reference_tokens.webhooks.events import OF_MANY, Happening, happening_to, happenings_of, tokens_of_many
from reference_tokens.webhooks.expiries import are_due, expiries
from reference_tokens.webhooks.rows import wake_after_commit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.models import AuditEvent

KIND = "webhook"
ENTRIES_AT_ONCE = 200
TOKENS_AT_ONCE = 500
# So many messages of a webhook wait at the most that were not tried yet, and so many in all.
MOST_UNTRIED = 1000
MOST_WAITING = 10_000


def active_webhooks() -> QuerySet[Webhook]:
    """The webhooks that are told what happens."""
    return Webhook.objects.filter(state=Webhook.State.ACTIVE).order_by("pk")


def note_what_happened(now: datetime) -> int:
    """Note a portion for each webhook that something is to be told; returns how many messages.

    Asked without a lock first: mostly nothing happened.
    """
    last = last_entry()
    behind = [webhook for webhook in active_webhooks() if webhook.read_through != last or are_due(webhook, now)]
    return sum(note_for(webhook.pk, now) for webhook in behind if not has_too_many(webhook))


@transaction.atomic
def note_for(webhook_id: UUID, now: datetime) -> int:
    """Note a portion for a webhook, unless another process does; returns how many messages."""
    webhook = active_webhooks().select_for_update(skip_locked=True, of=("self",)).filter(pk=webhook_id).first()
    if webhook is None:
        return 0
    happened = [*from_the_log(webhook), *(expiries(webhook, now) if are_due(webhook, now) else ())]
    webhook.save(update_fields=["read_through", "read_token", "expiries"])
    return store(webhook, happened, now)


def has_too_many(webhook: Webhook) -> bool:
    """Whether so many of its messages wait that no more are noted for now."""
    waiting = OutboxEntry.objects.filter(queue=webhook.queue)
    counts = (
        waiting.filter(attempts=0)[:MOST_UNTRIED].count() == MOST_UNTRIED,
        waiting[:MOST_WAITING].count() == MOST_WAITING,
    )
    return any(counts)


def from_the_log(webhook: Webhook) -> list[Happening]:
    """What the next entries tell; the webhook remembers how far that is."""
    happened: list[Happening] = []
    if webhook.read_through > (last := last_entry()):
        # The end of the log was gone, and it was accepted so: what follows takes the numbers of what was told.
        webhook.read_through, webhook.read_token = last, None
    for entry in entries_after(webhook.read_through, ENTRIES_AT_ONCE):
        # What the entry says by itself is told before the first of its tokens.
        happened += [] if webhook.read_token else happenings_of(entry)
        tokens = some_of_many(webhook, entry) if entry.action in OF_MANY else []
        happened += [happening_to(token_id, OF_MANY[entry.action], entry) for token_id in tokens]
        if len(tokens) == TOKENS_AT_ONCE:
            webhook.read_token = tokens[-1]
            break
        webhook.read_through, webhook.read_token = entry.seq, None
    return happened


def some_of_many(webhook: Webhook, entry: AuditEvent) -> list[UUID]:
    """The next tokens of an entry about many; none where the webhook is not to be told of them."""
    if OF_MANY[entry.action] not in webhook.types:
        return []
    tokens = tokens_of_many(entry)
    if webhook.application_id:
        tokens = tokens.filter(application=webhook.application_id)
    if webhook.read_token:
        tokens = tokens.filter(pk__gt=webhook.read_token)
    return list(tokens.order_by("pk").values_list("pk", flat=True)[:TOKENS_AT_ONCE])


def store(webhook: Webhook, happened: Iterable[Happening], now: datetime) -> int:
    """Store a message of each that the webhook is to be told; returns how many."""
    chosen = [happening for happening in happened if happening.type in webhook.types]
    tokens = tokens_told_of({happening.token_id for happening in chosen if happening.token_id})
    return add_messages(
        webhook,
        [
            (happening.type, body_of(happening, tokens.get(happening.token_id) if happening.token_id else None))
            for happening in chosen
            if concerns(webhook, happening, tokens)
        ],
        now,
    )


def concerns(webhook: Webhook, happening: Happening, tokens: Mapping[UUID, ReferenceToken]) -> bool:
    """Whether it happened to the application of the webhook, or to one of its tokens; to any, where it has none."""
    if happening.token_id:
        token = tokens.get(happening.token_id)
        return token is not None and webhook.application_id in {None, token.application_id}
    return webhook.application_id is None or is_about(webhook, happening.entry)


def note_first_uses(first: Sequence[tuple[UUID, datetime]], now: datetime) -> None:
    """Note the first uses of tokens, in the transaction that stores them: no entry of the audit log tells of a use."""
    for webhook in active_webhooks():
        store(webhook, [Happening(EventType.TOKEN_FIRST_USED, at, token_id) for token_id, at in first], now)
    wake_after_commit()


def is_about(webhook: Webhook, entry: AuditEvent | None) -> bool:
    """Whether an entry of the audit log is about the application of the webhook, or about tokens of it."""
    assert entry  # noqa: S101 - for the type checker: what is about no token is an entry
    if entry.target_type == "application":
        return entry.target_id == str(webhook.application_id)
    if entry.target_type == "token":
        tokens = ReferenceToken.objects.filter(pk=UUID(entry.target_id))
    elif entry.action in OF_MANY:
        tokens = tokens_of_many(entry)
    else:
        return False
    return tokens.filter(application=webhook.application_id).exists()


def add_messages(webhook: Webhook, messages: Iterable[tuple[str, str]], now: datetime) -> int:
    """Store messages, each of a type and with a body, to be sent soon; returns how many."""
    common = {"webhook": webhook, "created_at": now, "next_at": now}
    rows = [WebhookDelivery(type=kind, payload=body, **common) for kind, body in messages]
    WebhookDelivery.objects.bulk_create(rows)
    add_to_queue(webhook.queue, KIND, [row.pk for row in rows], now=now)
    return len(rows)
