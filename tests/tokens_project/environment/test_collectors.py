"""Where traces are sent."""

from __future__ import annotations

import pytest

from tokens_project import environment as env
from tokens_project.environment import collectors

pytestmark = pytest.mark.once
NAME = "OTEL_EXPORTER_OTLP_ENDPOINT"


def read(monkeypatch: pytest.MonkeyPatch, value: str) -> str:
    monkeypatch.setenv(NAME, value)
    return env.collector(NAME)


@pytest.mark.parametrize("value", ["", "http://127.0.0.1:4318", "https://otel.example.com/prefix"])
def test_a_collector_is_an_address_or_none(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    assert read(monkeypatch, value) == value


@pytest.mark.parametrize("value", ["otel", "grpc://otel:4317", "http://", "http://otel:0"])
def test_what_is_no_address_of_a_collector_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    with pytest.raises(env.BadSetting, match=NAME):
        read(monkeypatch, value)


def test_traces_without_what_sends_them_are_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collectors, "EXPORTER", "not-installed-here")
    with pytest.raises(env.BadSetting, match=r"reference-tokens\[otel\]"):
        read(monkeypatch, "http://127.0.0.1:4318")
