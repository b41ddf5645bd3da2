"""The life of a token, seen by the Resource Server."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.revocation import revoke_token, revoke_tokens
from reference_tokens.models import ReferenceToken
from tests.factories import issued_pat, issued_sat
from tests.introspection import is_active
from trusted_apps.models import TrustedApplication
from trusted_apps.registration import update_application


@pytest.mark.django_db
def test_a_token_is_issued_used_closed_opened_and_revoked(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    seen = [is_active(client, server, issued.plaintext)]
    for is_enabled in (False, True):
        update_application(actor=OPERATOR, application_id=application.pk, now=timezone.now(), is_enabled=is_enabled)
        seen.append(is_active(client, server, issued.plaintext))
    revoke_token(actor=OPERATOR, token_id=issued.token.pk, now=timezone.now(), reason="Laptop stolen")
    seen.append(is_active(client, server, issued.plaintext))
    assert seen == [True, False, True, False]
    actions = AuditEvent.objects.order_by("seq").values_list("action", flat=True)
    assert list(actions) == ["token:issue", "application:update", "application:update", "token:revoke"]


@pytest.mark.django_db
def test_a_token_expires_by_itself(client: Client, server: Any, application: TrustedApplication) -> None:
    issued = issued_sat(application, expires_at=timezone.now() + timedelta(days=7))
    assert is_active(client, server, issued.plaintext)
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1)):
        assert not is_active(client, server, issued.plaintext)


@pytest.mark.django_db
def test_everything_issued_for_an_application_is_swept_away(
    client: Client, server: Any, alice: User, bob: User, application: TrustedApplication
) -> None:
    tokens = [issued_pat(alice, application), issued_pat(bob, application), issued_sat(application)]
    revoke_tokens(
        actor=OPERATOR,
        tokens=ReferenceToken.objects.of(application),
        chosen_by={"application": str(application.pk)},
        now=timezone.now(),
    )
    assert [is_active(client, server, issued.plaintext) for issued in tokens] == [False] * 3
    assert is_active(client, server, issued_pat(alice, application).plaintext)
