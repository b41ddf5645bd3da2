"""The thread of each server process that sends the messages of webhooks: no slow receiver holds up mails.

Where a webhook is active, it looks every few seconds for what happened, in any process and by any command. A process
that knows of none looks once a minute.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from accounts.database.locks import let_page_follow
from reference_tokens.maintenance.worker import take_lease
from reference_tokens.webhooks.letters import has_failures_to_tell, tell_of_failures
from reference_tokens.webhooks.noting import active_webhooks
from reference_tokens.webhooks.rows import messages_are_due
from reference_tokens.webhooks.sending import send_messages

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_ROUNDS = 2
SECONDS_WITHOUT_WEBHOOKS = 60
SECONDS_AFTER_FAILURE = 10
MAILED = "webhook failures mailed"
BETWEEN_MAILS = timedelta(days=1)


class WebhookWorker:
    """The thread of one server process, from its start to its end."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread; call it in the process that serves, since a thread does not survive a fork."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the messages that it is posting; for the end of the process."""
        self._stop.set()
        messages_are_due.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stop.is_set():
            messages_are_due.clear()
            messages_are_due.wait(self.run_once(timezone.now()))
            let_page_follow(self._stop)
        connection.close()

    def _may_go_on(self) -> bool:
        return not self._stop.is_set()

    def run_once(self, now: datetime) -> int:
        """Do one round; returns the seconds until the next. An error is logged, and the next round tries again."""
        try:
            send_messages(self._may_go_on)
            if has_failures_to_tell():
                mail_once_a_day(now)
            if active_webhooks().exists():
                return SECONDS_BETWEEN_ROUNDS
        except Exception:
            logger.warning("messages of webhooks could not be sent; they will be tried again", exc_info=True)
            connection.close()
            return SECONDS_AFTER_FAILURE
        # A minute without work needs no connection.
        connection.close()
        return SECONDS_WITHOUT_WEBHOOKS


@transaction.atomic
def mail_once_a_day(now: datetime) -> None:
    """Tell the administrators of what was given up, unless they were mailed in the last day."""
    if take_lease(MAILED, BETWEEN_MAILS, now):
        tell_of_failures(now)


webhook_worker = WebhookWorker()
