"""T59: every answer of the management API is as its OpenAPI document says, whatever it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck
from hypothesis import settings as examples
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import missing_required_header, positive_data_acceptance

from reference_tokens.endpoints import application
from tests.reference_tokens.management_api.conftest import Program
from tokens_project.wsgi import application as wsgi_application

pytestmark = [pytest.mark.django_db, pytest.mark.once]

config = SchemathesisConfig(
    seed=59,
    projects=ProjectsConfig(
        default=ProjectConfig(
            generation=GenerationConfig(deterministic=True, with_security_parameters=False, database="none"),
        )
    ),
)
schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", wsgi_application, config=config)
BOUNDED = examples(
    max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)


# What a type cannot say is refused all the same: a name that is taken, a state that has passed. And of the statuses for
# a header that is missing, the check does not know 428 (RFC 6585 §3).
LEFT_OUT = [positive_data_acceptance, missing_required_header]


@pytest.fixture
def connection_stays() -> Iterator[None]:
    """The end of a request closes no connection: the test stands in a transaction of it, as with Django's client."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(application, "refresh_connection", lambda: None)
        yield


@pytest.mark.usefixtures("connection_stays")
@schema.parametrize()
@BOUNDED
def test_t59_every_answer_is_as_the_document_says(
    case: schemathesis.Case[Any], automation: Program, settings: Any
) -> None:
    settings.API_RATE = 0
    headers = {"Authorization": f"Bearer {automation.token}"}
    case.call_and_validate(headers=headers, excluded_checks=LEFT_OUT)
