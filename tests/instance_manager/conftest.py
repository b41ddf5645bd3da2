"""Things with very many others, and that no export is left unread."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from instance_manager.audit_log import export as log_export
from instance_manager.tokens import export as token_export
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


@pytest.fixture(autouse=True)
def no_export_is_left() -> Iterator[None]:
    """An answer that a test leaves unread would hold the place of the exports of the tests after it."""
    yield
    for limit in (token_export.EXPORTING, log_export.EXPORTING):
        with limit.slot():
            pass
