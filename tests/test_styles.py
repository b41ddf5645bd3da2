"""The stylesheets hold what pages use, and nothing besides."""

from __future__ import annotations

import re

from tests.command_line import BASE_DIR

STYLESHEETS = sorted((BASE_DIR / "static" / "css").glob("*.css"))
# Python chooses some classes: the tone of a badge, the type of a widget.
USERS = ("templates/**/*.html", "static/js/*.js", "accounts/**/*.py", "reference_tokens/**/*.py", "*_*/**/*.py")
# Set by htmx, on what awaits an answer.
BY_HTMX = {"htmx-request"}


def test_every_class_of_the_stylesheets_is_used() -> None:
    styles = re.sub(r"/\*.*?\*/", "", "".join(path.read_text() for path in STYLESHEETS), flags=re.DOTALL)
    classes = set(re.findall(r"\.([a-z][\w-]*)", styles))
    words = set(re.findall(r"[\w-]+", " ".join(path.read_text() for each in USERS for path in BASE_DIR.glob(each))))
    assert len(classes) > 100
    assert classes - words == BY_HTMX
