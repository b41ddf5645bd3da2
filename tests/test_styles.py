"""The stylesheet holds what pages use, and nothing besides."""

from __future__ import annotations

import re

from tests.command_line import BASE_DIR

STYLESHEET = BASE_DIR / "static" / "css" / "app.css"
# Python chooses some classes: the tone of a badge, the type of a widget.
USERS = ("templates/**/*.html", "static/js/*.js", "accounts/**/*.py", "reference_tokens/**/*.py", "*_*/**/*.py")


def test_every_class_of_the_stylesheet_is_used() -> None:
    styles = re.sub(r"/\*.*?\*/", "", STYLESHEET.read_text(), flags=re.DOTALL)
    classes = set(re.findall(r"\.([a-z][\w-]*)", styles))
    words = set(re.findall(r"[\w-]+", " ".join(path.read_text() for each in USERS for path in BASE_DIR.glob(each))))
    assert len(classes) > 100
    assert classes - words == set()
