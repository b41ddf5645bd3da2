"""What stands around the application, where settings ask for it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.backends.signals import connection_created
from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware
from pytest_django import Settings

from reference_tokens.endpoints.application import MachineAddresses
from tests.afresh import run_afresh
from tokens_project import tracing

pytestmark = pytest.mark.once


def application() -> Any:
    """What a server process that starts now would serve."""
    return run_afresh("wsgi")["application"]


def test_nothing_does_by_default() -> None:
    assert isinstance(application(), MachineAddresses)


def test_an_access_log_does_where_it_is_asked_for(settings: Settings) -> None:
    settings.ACCESS_LOG = True
    assert not isinstance(application(), MachineAddresses)


def test_traces_do_where_a_collector_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:1"
    # The connections of the other tests stay as they are.
    monkeypatch.setattr(tracing.Statements, "of_backend", lambda *_given: None)
    monkeypatch.setattr(connection_created, "connect", lambda *_given, **_how: None)
    assert isinstance(application(), OpenTelemetryMiddleware)
