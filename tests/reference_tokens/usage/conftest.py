"""What the tests of uses begin with."""

from __future__ import annotations

import pytest

from accounts.models import User
from reference_tokens.models import ReferenceToken
from reference_tokens.usage.recorder import UsageRecorder
from tests.factories import issued_pat
from tests.reference_tokens.usage.uses import process
from trusted_apps.models import TrustedApplication


@pytest.fixture
def token(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application).token


@pytest.fixture
def quiet() -> UsageRecorder:
    """A recorder that writes only when it is told to."""
    return process()
