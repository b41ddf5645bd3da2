"""A real provider on loopback, and a person who is connected to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2 as httpx
import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache

from accounts.models import User
from tests.accounts.single_sign_on.at_the_provider import ALICE, CALLBACK
from tests.openid.provider import OpenIDProvider, Visitor, running


@pytest.fixture(scope="session")
def running_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenIDProvider]:
    with running(tmp_path_factory.mktemp("openid"), CALLBACK) as provider:
        yield provider


@pytest.fixture
def provider(running_provider: OpenIDProvider, settings: Any) -> OpenIDProvider:
    """The provider, which knows alice, and is named in the settings."""
    cache.clear()
    running_provider.knows(s1=ALICE)
    for name, value in running_provider.settings.items():
        setattr(settings, name, value)
    return running_provider


@pytest.fixture
def visitor() -> Iterator[Visitor]:
    with httpx.Client() as client:
        yield Visitor(client)


@pytest.fixture
def connected(alice: User, provider: OpenIDProvider) -> User:
    """Alice, who has no password and is connected to s1 at the provider."""
    SocialAccount.objects.create(user=alice, provider=provider.issuer, uid="s1")
    return alice
