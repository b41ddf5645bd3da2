"""Every page that shows a secret once has what keeps people from losing it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command_line import BASE_DIR

pytestmark = pytest.mark.once

SHOWING = [path for path in sorted((BASE_DIR / "templates").rglob("*.html")) if "data-shown-once" in path.read_text()]


# The button that the second press of a double click does not reach, what stands there later, and what is copied.
@pytest.mark.parametrize("needed", ["data-stored-button", "data-gone", "data-copy", "data-needs-script"])
@pytest.mark.parametrize("template", SHOWING, ids=lambda path: path.name)
def test_a_secret_that_is_shown_once_is_not_lost_by_a_double_click_or_seen_again(template: Path, needed: str) -> None:
    assert f" {needed}" in template.read_text()
