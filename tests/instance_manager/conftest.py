"""Things with very many others."""

from __future__ import annotations

import pytest

from reference_tokens.models import ResourceServer
from tests.factories import ResourceServerFactory
from tests.instance_manager.many import many_applications, many_people
from trusted_apps.models import TrustedApplication


@pytest.fixture
def big_server() -> ResourceServer:
    """A Resource Server with more applications than a request may have fields."""
    server = ResourceServerFactory.create(name="Orders", asks_for_all_applications=False)
    server.applications.set(many_applications(1200))
    return server


@pytest.fixture
def owned_by_many(application: TrustedApplication) -> TrustedApplication:
    application.owners.set(many_people(1200))
    return application
