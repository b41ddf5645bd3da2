"""What keeps the project readable: short functions, files and lines, and no silenced linter without a reason."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.command_line import BASE_DIR, OURS

pytestmark = pytest.mark.once

LONGEST_FUNCTION = 40
LONGEST_FILE = 300
LONGEST_LINE_OF_A_TEMPLATE = 160
FOLDERS = (
    *sorted(OURS),
    "tokens_project",
    "tests",
    "docs",
    "requirements",
    "templates",
    "static",
    "clients",
    "artefact",
)
# Written by others, or by a program.
NOT_OURS = {"migrations", "vendor"}
# The stylesheet is one file: each further one would cost a request (docs/design/interface.md).
LONG_FILES = {"static/css/app.css"}


def files(*endings: str) -> Iterator[tuple[str, str]]:
    """The name and the text of each of our files."""
    for folder in FOLDERS:
        for path in sorted((BASE_DIR / folder).rglob("*")):
            name = path.relative_to(BASE_DIR)
            if path.suffix in endings and not NOT_OURS & set(name.parts) and "node_modules" not in name.parts:
                yield str(name), path.read_text()


def functions(text: str) -> Iterator[tuple[str, int]]:
    """Each function with how many lines it has, without its decorators."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno
            yield node.name, node.end_lineno - node.lineno + 1


def test_no_function_is_longer_than_a_screen() -> None:
    found = {
        f"{name}: {function}"
        for name, text in files(".py")
        for function, lines in functions(text)
        if lines > LONGEST_FUNCTION
    }
    assert found == set()


def test_no_file_is_too_long_to_be_read_in_one_go() -> None:
    found = {
        name for name, text in files(".py", ".html", ".txt", ".css", ".js", ".sh") if text.count("\n") > LONGEST_FILE
    }
    assert {name for name in found if not re.fullmatch(r"requirements/\w+\.txt", name)} == LONG_FILES


def test_every_line_of_a_template_fits_on_a_screen() -> None:
    lines = {
        f"{name}:{number}"
        for name, text in files(".html", ".txt")
        if name.startswith("templates/")
        for number, line in enumerate(text.splitlines(), 1)
        if len(line) > LONGEST_LINE_OF_A_TEMPLATE
    }
    assert lines == set()


def test_every_silenced_linter_says_why() -> None:
    without_reason = [
        f"{name}:{number}"
        for name, text in files(".py")
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(r"# (ruff: )?noqa(?!: [A-Z0-9, ]+ - \S)", line)
    ]
    assert without_reason == []
