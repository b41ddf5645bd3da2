"""htmx comes late, once it is needed: what a page can do before that, it does without it (interface)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.command_line import BASE_DIR

pytestmark = pytest.mark.once

TEMPLATES = sorted((BASE_DIR / "templates").rglob("*.html"))
# A tag with what a template says inside it; its text may hold ">" in none of them.
TAG = re.compile(r"<([a-z]+)\b((?:{%.*?%}|{{.*?}}|\"[^\"]*\"|[^>\"])*)>", re.DOTALL)
ATTRIBUTE = re.compile(r"\b(hx-[a-z-]+)=")
# A field that searches, a hidden place for counts, and a form inside a dialog, which htmx has brought.
ASKING = {("input", "hx-get"), ("p", "hx-get"), ("form", "hx-post")}


def attributes_of_htmx() -> list[tuple[Path, str, str]]:
    """Each attribute of htmx in the templates, with its file and the tag that it stands in."""
    return [
        (path, tag, name)
        for path in TEMPLATES
        for tag, inside in TAG.findall(path.read_text())
        for name in ATTRIBUTE.findall(inside)
    ]


def test_every_attribute_of_htmx_stands_in_a_tag() -> None:
    in_text = sum(len(ATTRIBUTE.findall(path.read_text())) for path in TEMPLATES)
    assert len(attributes_of_htmx()) == in_text > 10


def test_what_asks_by_htmx_is_a_field_or_a_form_and_never_a_link_or_a_button() -> None:
    """A link that opens a dialog says `data-dialog`: with `hx-get`, one press would ask twice, or before htmx is there
    lead away.
    """
    asking = [(path.name, tag, name) for path, tag, name in attributes_of_htmx() if name in {"hx-get", "hx-post"}]
    assert [one for one in asking if one[1:] not in ASKING] == []


def test_a_form_asks_by_htmx_only_inside_a_dialog() -> None:
    forms = [path for path, tag, _name in attributes_of_htmx() if tag == "form"]
    assert forms
    assert [path.name for path in forms if "{% if request.htmx %}hx-post=" not in path.read_text()] == []


def test_nothing_asks_by_htmx_that_the_content_security_policy_forbids() -> None:
    names = {name for _path, _tag, name in attributes_of_htmx()}
    assert not any(name.startswith(("hx-on", "hx-vals", "hx-headers")) for name in names)
    triggers = [trigger for path in TEMPLATES for trigger in re.findall(r'hx-trigger="([^"]*)"', path.read_text())]
    assert [trigger for trigger in triggers if "[" in trigger] == []
