"""Webhooks in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from reference_tokens.configuration.kinds.by_uri import named_applications
from reference_tokens.configuration.plan import Secret
from reference_tokens.models import EventType, Webhook
from reference_tokens.webhooks.registration import create_webhook, delete_webhook, update_webhook
from reference_tokens.webhooks.rows import webhook_settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_tokens.configuration.document import Entry
    from reference_tokens.configuration.kinds.kind import State
    from reference_tokens.configuration.run import Run


class Webhooks:
    """Webhooks by address; a plan shows the host alone, since the rest may be as good as a password."""

    section, name = "webhooks", "webhook"

    def key(self, entry: Entry) -> str:
        """The address."""
        return str(entry.given()["url"])

    def shown(self, key: str) -> str:
        """The scheme and host of the address."""
        parts = urlsplit(key)
        return f"{parts.scheme}://{parts.netloc}"

    def stored(self, keys: Iterable[str] | None = None) -> dict[str, Webhook]:
        """Webhooks by address; of several with one address the oldest."""
        rows = Webhook.objects.select_related("application").order_by("-created_at", "pk")
        if keys is not None:
            rows = rows.filter(url__in=list(keys)).select_for_update(no_key=True, of=("self",))
        return {webhook.url: webhook for webhook in rows}

    def state(self, row: Webhook) -> State:
        """Its members."""
        return webhook_settings(row)

    def add(self, run: Run, members: State) -> State:
        """Register it; its secret is among those of the run."""
        webhook, secret = create_webhook(actor=run.actor, now=run.now, **columns(members))
        run.secrets.append(Secret(self.name, self.shown(webhook.url), {"id": str(webhook.pk), "secret": secret}))
        return self.state(webhook)

    def change(self, run: Run, row: Webhook, members: State) -> dict[str, int]:
        """Change it."""
        update_webhook(actor=run.actor, webhook_id=row.pk, now=run.now, **columns(members))
        return {}

    def remove(self, run: Run, row: Webhook) -> None:
        """Delete it."""
        delete_webhook(actor=run.actor, webhook_id=row.pk, now=run.now)


def columns(members: State) -> dict[str, Any]:
    """The columns that the members stand for; raises `ValidationError` for what there is not."""
    values = dict(members)
    if unknown := [one for one in values.get("types", ()) if one not in EventType.values]:
        text = _("There is no event %(types)s.")
        raise ValidationError({"types": ValidationError(text, params={"types": ", ".join(unknown)})})
    if values.get("application") is not None:
        [values["application"]] = named_applications([values["application"]], "application")
    return values
