"""Registering webhooks, changing, pausing and deleting them, and their secrets."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from accounts.audit.queries import last_entry
from accounts.audit.record import Actor, differences, record_event
from accounts.forms.versions import Opened, require_as_opened, require_unchanged
from accounts.models import OutboxEntry
from reference_tokens.models import EventType, Webhook
from reference_tokens.webhooks.addresses import require_address
from reference_tokens.webhooks.expiries import told_until
from reference_tokens.webhooks.rows import locked, recorded, wake_after_commit, webhook_settings, webhook_target
from reference_tokens.webhooks.signing import former_secrets, new_secret, sealed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

State = Webhook.State

# Each is asked for messages by itself.
MOST_WEBHOOKS = 50
# So long the secrets before sign beside a new one.
BOTH_SECRETS = timedelta(hours=24)


@sensitive_variables("secret")
def create_webhook(
    *, actor: Actor, now: datetime, url: str, types: Iterable[str], **values: Any
) -> tuple[Webhook, str]:
    """Register a webhook; returns it and its secret, which is shown once.

    `values` are columns of `Webhook`. It is told what happens from now on. Raises `ValidationError` for an address that
    no message may go to, and where there are too many webhooks.
    """
    secret = new_secret()
    webhook = Webhook(url=url, types=in_order(types), created_at=now, secret=sealed(secret), **values)
    with transaction.atomic():
        if Webhook.objects.count() >= MOST_WEBHOOKS:
            raise ValidationError(
                _("There are %(count)s webhooks, which is the limit: delete one first."),
                params={"count": MOST_WEBHOOKS},
            )
        require_valid(webhook)
        begin_now(webhook, now)
        webhook.save(force_insert=True)
        record_event(actor, "webhook:create", webhook_target(webhook), now=now, details={"after": recorded(webhook)})
        wake_after_commit()
    return webhook, secret


def update_webhook(
    *, actor: Actor, webhook_id: UUID, now: datetime, opened: Opened | None = None, **values: Any
) -> Webhook:
    """Change a webhook; what stays the same is not recorded. Messages that wait go to the new address.

    Raises `ChangedMeanwhile` where it is not as the form was `opened` with, and `ValidationError` as `create_webhook`.
    """
    with transaction.atomic():
        webhook = locked(webhook_id)
        before, was = webhook_settings(webhook), recorded(webhook)
        for column, value in values.items():
            setattr(webhook, column, in_order(value) if column == "types" else value)
        after = webhook_settings(webhook)
        require_as_opened(opened, webhook_target(webhook), before=before, after=after)
        require_valid(webhook)
        webhook.save(update_fields=list(values))
        if changed := [name for name in after if after[name] != before[name]]:
            details = differences(was, recorded(webhook), changed)
            record_event(actor, "webhook:update", webhook_target(webhook), now=now, details=details)
    return webhook


def set_paused(*, actor: Actor, webhook_id: UUID, now: datetime, is_paused: bool) -> bool:
    """Pause a webhook, or let it be told what happens from now on; returns whether it was this call that did it.

    A pause keeps the messages that wait; what happens meanwhile is not told. A webhook that its receiver ended begins
    again.
    """
    with transaction.atomic():
        webhook = locked(webhook_id)
        if is_paused is not webhook.is_active:
            return False
        webhook.state = State.PAUSED if is_paused else State.ACTIVE
        begin_now(webhook, now)
        webhook.save(update_fields=["state", "read_through", "read_token", "expiries"])
        action = "webhook:pause" if is_paused else "webhook:resume"
        record_event(actor, action, webhook_target(webhook), now=now, details={"host": webhook.host})
        wake_after_commit()
    return True


def delete_webhook(*, actor: Actor, webhook_id: UUID, now: datetime, opened: Opened | None = None) -> bool:
    """Delete a webhook with its messages; returns whether it was this call that did it.

    Raises `ChangedMeanwhile` where it is not as it was `opened`.
    """
    with transaction.atomic():
        webhook = Webhook.objects.select_for_update().filter(pk=webhook_id).first()
        if webhook is None:
            return False
        require_unchanged(opened, webhook_target(webhook), webhook_settings(webhook))
        target, details = webhook_target(webhook), {"before": recorded(webhook)}
        OutboxEntry.objects.filter(queue=webhook.queue).delete()
        webhook.delete()
        record_event(actor, "webhook:delete", target, now=now, details=details)
    return True


@sensitive_variables("secret")
def replace_secret(*, actor: Actor, webhook_id: UUID, now: datetime) -> tuple[Webhook, str]:
    """Give the webhook a new secret and return it, which is shown once; those before sign beside it for a day."""
    secret = new_secret()
    with transaction.atomic():
        webhook = locked(webhook_id)
        former = former_secrets(webhook, now)
        until = now + BOTH_SECRETS if former else None
        webhook.secret, webhook.former_secret, webhook.former_secret_until = sealed(secret), " ".join(former), until
        webhook.save(update_fields=["secret", "former_secret", "former_secret_until"])
        details = {"host": webhook.host} | ({"both_until": until.isoformat()} if until else {})
        record_event(actor, "webhook:replace_secret", webhook_target(webhook), now=now, details=details)
    return webhook, secret


def end_former_secret(*, actor: Actor, webhook_id: UUID, now: datetime) -> bool:
    """Let the secret before sign nothing any more; returns whether it still did."""
    with transaction.atomic():
        webhook = locked(webhook_id)
        if not webhook.has_former_secret(now):
            return False
        webhook.former_secret, webhook.former_secret_until = "", None
        webhook.save(update_fields=["former_secret", "former_secret_until"])
        details = {"host": webhook.host}
        record_event(actor, "webhook:end_former_secret", webhook_target(webhook), now=now, details=details)
    return True


def require_valid(webhook: Webhook) -> None:
    """Raise `ValidationError` for what no webhook may be."""
    webhook.clean_fields(exclude={field.name for field in Webhook._meta.fields} - {"url", "description"})
    require_address(webhook.url)
    if not webhook.types:
        raise ValidationError({"types": _("Choose at least one event.")})


def begin_now(webhook: Webhook, now: datetime) -> None:
    """Let it be told what happens from now on, and nothing of before."""
    webhook.read_through, webhook.read_token, webhook.expiries = last_entry(), None, told_until(now)


def in_order(types: Iterable[str]) -> list[str]:
    """The known types among these, in their one order."""
    chosen = set(types)
    return [known for known in EventType.values if known in chosen]
