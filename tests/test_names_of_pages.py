"""Pages are linked to by their names: the code and the templates spell no path of a page, so that a page can move."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import get_resolver

from tests.command_line import BASE_DIR, OURS

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.once

# What attributes of a tag hold an address.
ADDRESS = re.compile(r'\b(?:href|action|formaction|src|hx-get|hx-post)="([^"]*)"')
TEMPLATE_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
# The pages of errors lead to the start page, and must not fail themselves where no name can be looked up.
KNOWN = {("error_base.html", "/"), ("400_loopback.html", "/")}
# How the paths of pages begin. Machine addresses are no pages: they are matched as they stand, and have no names.
BEGINNINGS = ("accounts", "help", "language", "manage", "profile", "theme")
PATH_OF_PAGE = re.compile(rf"(?:^|[^\w.])/(?:{'|'.join(BEGINNINGS)})(?:/|$)")


def routes(patterns: list[Any], before: str = "") -> Iterator[str]:
    """The routes of all pages."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The texts of a module and the lines they stand in; not those that explain it."""
    explained = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explained:
            yield node.lineno, node.value


def neighbours(tree: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What is put together to a text: each part with the one behind it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield from pairwise(node.values)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            yield node.left, node.right


def glued(tree: ast.AST) -> Iterator[int]:
    """The lines in which the end of a path is put behind the path of another page, as in `f"{url}edit/"`."""
    for before, end in neighbours(tree):
        is_end = isinstance(end, ast.Constant) and re.fullmatch(r"[\w-]+(/.*)?/", str(end.value))
        if is_end and not isinstance(before, ast.Constant) and "url" in ast.unparse(before).lower():
            yield end.lineno


def python_files() -> list[Path]:
    return [path for app in [*OURS, "tokens_project"] for path in (BASE_DIR / app).rglob("*.py")]


def test_every_page_but_the_first_begins_as_is_looked_for_here() -> None:
    assert {route.split("/")[0] for route in routes(get_resolver().url_patterns)} == {"", *BEGINNINGS}


def test_the_code_spells_no_path_of_a_page() -> None:
    files = python_files()
    spelled = [
        f"{path.relative_to(BASE_DIR)}:{line}: {text}"
        for path in files
        for line, text in texts(ast.parse(path.read_text()))
        if PATH_OF_PAGE.search(text)
    ]

    assert len(files) > 300
    assert spelled == []


def test_the_code_puts_no_path_together_from_that_of_another_page() -> None:
    found = [
        f"{path.relative_to(BASE_DIR)}:{line}" for path in python_files() for line in glued(ast.parse(path.read_text()))
    ]

    assert found == []


def test_no_template_spells_a_path_of_a_page_or_a_part_of_one() -> None:
    templates = list((BASE_DIR / "templates").rglob("*.html"))
    spelled = [
        (path.name, rest)
        for path in templates
        for address in ADDRESS.findall(path.read_text())
        if "/" in (rest := TEMPLATE_CODE.sub("", address))
    ]

    assert len(templates) > 50
    assert set(spelled) == KNOWN


@pytest.mark.parametrize("text", ["/profile/", "/manage/security/users/", "GET /accounts/login/", "/theme/", "/manage"])
def test_a_path_of_a_page_is_recognised(text: str) -> None:
    assert PATH_OF_PAGE.search(text)


@pytest.mark.parametrize("text", ["profile:password", "/oauth/introspect", "templates/profile/x.html", "/themes/"])
def test_other_texts_are_none(text: str) -> None:
    assert not PATH_OF_PAGE.search(text)


@pytest.mark.parametrize(
    ("code", "lines"),
    [('f"{url}edit/"', [1]), ('f"{LIST_URL}a/b/"', [1]), ('user_url(1) + "edit/"', [1]), ('f"{url}?a=/"', [])],
)
def test_a_path_that_is_put_together_is_recognised(code: str, lines: list[int]) -> None:
    assert list(glued(ast.parse(code))) == lines
