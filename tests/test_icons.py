"""Every icon that a template or a page names stands in the sprite: a missing one is drawn as nothing at all."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from tests.command_line import BASE_DIR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.once

SPRITE = set(re.findall(r'<symbol id="([^"]+)"', (BASE_DIR / "static/icons.svg").read_text()))
IN_TEMPLATES = re.compile(r'{% icon "([^"]+)"|\bicon="([^"]+)"|\bicon\|default:"([^"]+)"')
PACKAGES = ("accounts", "trusted_apps", "reference_tokens", "profile_site", "instance_manager")
# What takes the name of an icon, and at which place.
TAKERS = {"item": 2, "Action": 2}


def named_in_templates() -> Iterator[tuple[str, str]]:
    for path in sorted((BASE_DIR / "templates").rglob("*.html")):
        for match in IN_TEMPLATES.finditer(path.read_text()):
            yield path.name, next(filter(None, match.groups()))


def named_in_code() -> Iterator[tuple[str, str]]:
    for path in sorted(path for package in PACKAGES for path in (BASE_DIR / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            yield from ((path.name, name) for name in icons_of(node))


def icons_of(node: ast.AST) -> Iterator[str]:
    """The names of icons that a call or a dictionary holds."""
    values: list[ast.expr] = []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TAKERS:
        values = node.args[TAKERS[node.func.id] :][:1]
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        values = [value for key, value in pairs if isinstance(key, ast.Constant) and key.value == "icon"]
    yield from (value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str))


@pytest.mark.parametrize("named", [named_in_templates, named_in_code])
def test_every_icon_that_is_named_is_drawn(named: Callable[[], Iterator[tuple[str, str]]]) -> None:
    found = list(named())
    assert len(found) > 8
    assert [(where, name) for where, name in found if name not in SPRITE] == []


def test_the_sprite_holds_each_icon_once() -> None:
    names = re.findall(r'id="([^"]+)"', (BASE_DIR / "static/icons.svg").read_text())
    assert len(names) == len(set(names))
