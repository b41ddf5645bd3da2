from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from tests.factories import ApplicationFactory, ResourceServerFactory, alter, issued_pat, issued_sat
from tests.reference_tokens.commands.issued import Issued
from trusted_apps.models import TrustedApplication


@pytest.fixture
def issued(alice: User, bob: User, application: TrustedApplication) -> Issued:
    other = ApplicationFactory.create(application_uri="com.example/word")
    ResourceServerFactory.create(client_id="rs_word", asks_for_all_applications=False).applications.add(other)
    mine, of_bob = (issued_pat(alice, application), issued_pat(alice, other)), issued_pat(bob, application)
    tokens = Issued(*mine, of_bob, sat=issued_sat(application))
    alter(tokens.old.token, issued_at=timezone.now() - timedelta(days=10))
    return tokens
