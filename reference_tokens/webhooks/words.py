"""The audit log's words about webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from accounts.addresses import address_of
from accounts.audit import activities as ocsf
from accounts.audit.registry import RecordedAction, names_in_details
from accounts.audit.targets import uuids
from reference_tokens.models import Webhook

if TYPE_CHECKING:
    from collections.abc import Collection

    from accounts.audit.registry import Details


def host_of_webhook(details: Details) -> list[str]:
    """Where the messages go; the rest of an address may be as good as a password."""
    settings = details.get("after") or details.get("before") or {}
    host = details.get("host") or settings.get("url")
    return [str(host)] if host else []


def find_webhooks(ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """The hosts and pages of webhooks."""
    webhooks = Webhook.objects.filter(pk__in=uuids(ids))
    return {str(webhook.pk): (webhook.host, address_of("webhook", webhook.pk)) for webhook in webhooks}


ACTIONS = {
    "webhook:create": RecordedAction(
        _("Webhook added"), ocsf.CREATED, host_of_webhook, sentence=_("%(who)s added the webhook %(target)s")
    ),
    "webhook:delete": RecordedAction(
        _("Webhook deleted"), ocsf.DELETED, host_of_webhook, sentence=_("%(who)s deleted a webhook")
    ),
    "webhook:end": RecordedAction(
        _("Webhook ended by its receiver"),
        ocsf.SUSPENDED,
        host_of_webhook,
        sentence=_("The receiver ended the webhook %(target)s"),
    ),
    "webhook:end_former_secret": RecordedAction(
        _("Former secret of a webhook ended"),
        ocsf.UPDATED,
        host_of_webhook,
        sentence=_("%(who)s ended the former secret of the webhook %(target)s"),
    ),
    "webhook:pause": RecordedAction(
        _("Webhook paused"), ocsf.SUSPENDED, host_of_webhook, sentence=_("%(who)s paused the webhook %(target)s")
    ),
    "webhook:repeat": RecordedAction(
        _("Webhook message sent again"),
        ocsf.OTHERWISE,
        host_of_webhook,
        sentence=_("%(who)s had a message sent again to the webhook %(target)s"),
    ),
    "webhook:replace_secret": RecordedAction(
        _("Secret of a webhook replaced"),
        ocsf.UPDATED,
        host_of_webhook,
        sentence=_("%(who)s replaced the secret of the webhook %(target)s"),
    ),
    "webhook:resume": RecordedAction(
        _("Webhook resumed"), ocsf.RESUMED, host_of_webhook, sentence=_("%(who)s resumed the webhook %(target)s")
    ),
    "webhook:test": RecordedAction(
        _("Webhook tested"), ocsf.OTHERWISE, host_of_webhook, sentence=_("%(who)s tested the webhook %(target)s")
    ),
    "webhook:update": RecordedAction(
        _("Webhook changed"),
        ocsf.UPDATED,
        fields_changed=names_in_details,
        sentence=_("%(who)s changed the webhook %(target)s"),
    ),
}
