"""The cast of mails about tokens: people with addresses, a token of each kind, and a clock that stands at noon."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.factories import UserFactory, issued_pat, issued_sat
from tests.reference_tokens.notices.noted import NOON
from trusted_apps.models import TrustedApplication


@pytest.fixture
def noon() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def alice(db: None) -> User:
    return UserFactory.create(username="alice", email="alice@example.com", time_zone="Europe/Warsaw")


@pytest.fixture
def bob(db: None) -> User:
    return UserFactory.create(username="bob", email="bob@example.com")


@pytest.fixture
def ada(administrator: User) -> User:
    administrator.email = "ada@example.com"
    administrator.save()
    return administrator


@pytest.fixture
def pat(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application, description="Nightly <b>export</b>").token


@pytest.fixture
def sat(alice: User, ada: User, application: TrustedApplication) -> ReferenceToken:
    """Of an application that alice and the administrator own."""
    application.owners.set([alice, ada])
    return issued_sat(application, description="Sync").token
