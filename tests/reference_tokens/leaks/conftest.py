from __future__ import annotations

import time

import pytest

from accounts.models import User
from reference_tokens.lifecycle.issuance import IssuedToken
from tests.factories import UserFactory, issued_pat
from trusted_apps.models import TrustedApplication


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each answer would have waited for its moment: nobody does here."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    return waited


@pytest.fixture
def alice(db: None) -> User:
    return UserFactory.create(username="alice", email="alice@example.com")


@pytest.fixture
def ada(administrator: User) -> User:
    """The administrator, who has an e-mail address here."""
    administrator.email = "ada@example.com"
    administrator.save()
    return administrator


@pytest.fixture
def issued(alice: User, application: TrustedApplication) -> IssuedToken:
    return issued_pat(alice, application, description="Nightly export")
