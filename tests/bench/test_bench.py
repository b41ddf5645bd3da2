"""The command of `make bench`, over very little and without the peers from PyPI."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import databases, document
from tests.bench.databases import Place
from tests.bench.introspection import introspection
from tests.bench.report import findings_table
from tests.bench.sizes import Sizes

pytestmark = pytest.mark.once

TINY = Sizes(tokens=200, rounds=1, requests=20, with_peers=False, flush_seconds=0.1)


@pytest.fixture(autouse=True)
def databases_go_with_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "FOLDER", tmp_path)


def test_tiny_round_measures_every_door_and_what_limits_them() -> None:
    report = introspection(Place(postgresql=None), TINY)
    measured = {row[0] for row in report.tables[0].rows}
    assert {"introspection", "forward auth", "/api/token", "bare view", "WSGI callable, nothing"} <= measured
    assert {finding.verdict for finding in report.findings} <= {"holds", "falls short"}
    assert "of a bare view" in findings_table(report.findings).text()


def test_figures_of_the_document_stand_between_its_marks() -> None:
    assert document.MARKED.search(document.DOCUMENT.read_text())
