"""What stands around the application, where settings ask for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_line import BASE_DIR, environment

pytestmark = pytest.mark.once
SAY = "from tokens_project.wsgi import application; print(type(application).__module__, type(application).__name__)"


@pytest.mark.parametrize(
    ("settings", "outermost"),
    [
        ({}, "MachineAddresses"),
        ({"ACCESS_LOG": "True"}, "function"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, "OpenTelemetryMiddleware"),
    ],
    ids=["nothing", "access log", "traces"],
)
def test_settings_say_what_stands_around_it(tmp_path: Path, settings: dict[str, str], outermost: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SAY],
        cwd=BASE_DIR,
        env=environment(DATA_DIR=str(tmp_path), DJANGO_SETTINGS_MODULE="tokens_project.settings", **settings),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.stdout.split()[-1:] == [outermost], ended.stderr
