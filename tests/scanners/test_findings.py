"""A scanner that fails costs its own figures alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from tests.scanners.__main__ import findings_of
from tests.scanners.instance import Instance
from tests.scanners.tools import Visitor

pytestmark = pytest.mark.once


def test_a_report_that_cannot_be_read_is_the_finding_of_its_scan(tmp_path: Path) -> None:
    def scan(_served: Any, _visitor: Visitor, folder: Path, _seconds: int) -> list[str]:
        return [(folder / "report.json").read_text()]

    [finding] = findings_of(scan, cast("Instance", None), Visitor("stranger"), tmp_path, 1)
    assert finding.startswith("no findings: FileNotFoundError: ")
    (tmp_path / "report.json").write_text("a finding")
    assert findings_of(scan, cast("Instance", None), Visitor("stranger"), tmp_path, 1) == ["a finding"]
