"""A log that was accepted without its end goes on from an earlier entry, and so do those who are told of it (AUD-2)."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.audit.breaks import Break
from accounts.audit.signing import accept_as_it_is
from accounts.models import User
from reference_tokens.models import Webhook
from reference_tokens.webhooks.sending import send_messages
from tests.accounts.audit.tampering import EVENTS, recorded, tampered
from tests.factories import issued_pat
from tests.receiver import Receiver
from tests.reference_tokens.webhooks.messages import types_told
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_aud2_what_follows_a_log_that_was_accepted_without_its_end_is_told(
    webhook: Webhook, receiver: Receiver, alice: User, application: TrustedApplication
) -> None:
    recorded(5)
    send_messages()
    tampered(f"DELETE FROM {EVENTS} WHERE seq > 1")
    accept_as_it_is(Break("truncated", 2, "entries 2 to 6 are missing at the end"), timezone.now())
    send_messages()
    issued_pat(alice, application)
    send_messages()
    assert types_told(receiver) == ["token.issued"]
