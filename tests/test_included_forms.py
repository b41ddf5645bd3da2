"""A form in a template that is included with `only` sends the token against forgery, or no page takes it."""

from __future__ import annotations

import re

import pytest

from tests.command_line import BASE_DIR

pytestmark = pytest.mark.once

TEMPLATES = BASE_DIR / "templates"
WITH_FORM = {
    path.relative_to(TEMPLATES).as_posix()
    for path in TEMPLATES.rglob("*.html")
    if "{% csrf_token %}" in path.read_text()
}
INCLUDED = re.compile(r'{% include "([^"]+)"([^%]*)%}')


def test_who_includes_a_form_alone_gives_it_the_token() -> None:
    included = [
        (path.name, name, words.split())
        for path in sorted(TEMPLATES.rglob("*.html"))
        for name, words in INCLUDED.findall(path.read_text())
        if name in WITH_FORM
    ]
    assert included
    assert [one for one in included if "only" in one[2] and "csrf_token=csrf_token" not in one[2]] == []
