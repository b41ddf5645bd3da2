"""The mail that tells administrators of messages that could not be delivered: once a day at the most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.addresses import address_of
from accounts.mails.message import Letter
from accounts.outbox.letters import queue_letter
from reference_tokens.models import Webhook
from reference_tokens.notices.noting import reachable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

MOST_LISTED = 20


def has_failures_to_tell() -> bool:
    """Whether messages were given up that no mail told of."""
    return Webhook.objects.filter(failures_to_tell__gt=0).exists()


@transaction.atomic
def tell_of_failures(now: datetime) -> None:
    """Store a mail to each administrator about the messages that were given up since the last one."""
    failed = list(Webhook.objects.select_for_update(no_key=True).filter(failures_to_tell__gt=0).order_by("pk"))
    if not failed:
        return
    for administrator in reachable().filter(is_administrator=True):
        queue_letter(lambda: failure_letter(failed), to=administrator, now=now)
    Webhook.objects.filter(pk__in=[webhook.pk for webhook in failed]).update(failures_to_tell=0)


def failure_letter(failed: Sequence[Webhook]) -> Letter:
    """The mail about these webhooks."""
    count = sum(webhook.failures_to_tell for webhook in failed)
    subject = ngettext(
        "%(count)d webhook message could not be delivered", "%(count)d webhook messages could not be delivered", count
    )
    return Letter(
        subject % {"count": count},
        [
            _("The service tried for more than three days, or the receiver wants no more messages."),
            _("Correct the receiver or the address; then send what is missing again from the page of the webhook."),
        ],
        [(webhook.host, failures_in_words(webhook)) for webhook in failed[:MOST_LISTED]],
        _("Open Webhooks"),
        address_of("webhooks"),
        [_("You receive this because you are an administrator. Such a mail comes once a day at the most.")],
    )


def failures_in_words(webhook: Webhook) -> str:
    """How many messages of a webhook were given up, and whether it ended."""
    if webhook.state == Webhook.State.ENDED:
        return _("ended by its receiver (410)")
    count = webhook.failures_to_tell
    return ngettext("%(count)d message", "%(count)d messages", count) % {"count": count}
