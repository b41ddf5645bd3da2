"""The pages of docs/clients/ show the files of docs/snippets/, which the tests beside this one run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from instance_manager.resource_servers.snippets import EXAMPLE_BASE_URL, EXAMPLE_CLIENT_ID, NAMES
from tests.command_line import BASE_DIR

pytestmark = pytest.mark.once

SNIPPETS = BASE_DIR / "docs" / "snippets"
PAGES = sorted((BASE_DIR / "docs" / "clients").glob("*.md"))
SHOWN = re.compile(r"^`docs/snippets/([^`]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_each_snippet_stands_on_one_page_as_it_is() -> None:
    shown = [found for page in PAGES for found in SHOWN.findall(page.read_text())]
    assert dict(shown) == {path.name: path.read_text() for path in SNIPPETS.iterdir() if path.is_file()}
    assert len(shown) == len(dict(shown))


def test_instance_manager_shows_each_snippet() -> None:
    assert {path.name for path in SNIPPETS.iterdir() if path.is_file()} == NAMES.keys()


@pytest.mark.parametrize("file", sorted(NAMES))
def test_snippet_is_short_and_holds_the_placeholders_but_no_secret(file: str) -> None:
    text = (SNIPPETS / file).read_text()
    assert len(text.splitlines()) <= 50
    assert not re.search(r"enrs_[A-Za-z0-9]", text)
    if file != "haproxy-auth.lua":
        assert EXAMPLE_BASE_URL in text
        assert EXAMPLE_CLIENT_ID in text
    assert "/auth/forward" not in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_is_listed(page: Path) -> None:
    assert f"clients/{page.name}" in (BASE_DIR / "docs" / "validate-tokens.md").read_text()
