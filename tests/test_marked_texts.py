"""Every text that a person reads is marked for translation, in the templates and where code gives it to a page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_line import BASE_DIR, OURS

pytestmark = pytest.mark.once

TEMPLATES = BASE_DIR / "templates"
# Comments, what is marked, and what is copied or read by programs: that is the same in every language.
LEFT_OUT = (
    re.compile(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}|<!--.*?-->", re.DOTALL),
    re.compile(r"\{% blocktranslate\b.*?\{% endblocktranslate %\}", re.DOTALL),
    re.compile(r"<(code|pre|script|style)\b[^>]*>.*?</\1>", re.DOTALL),
    re.compile(r"<meta\b[^>]*?htmx-config.*?'>", re.DOTALL),
    re.compile(r"\{% block (?:attributes|method|tone) %\}.*?\{% endblock"),
    re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL),
)
TAG = re.compile(r"<[^<>]*>", re.DOTALL)
READ_OUT = re.compile(r"\b(?:aria-label|alt|placeholder|title)=\"([^\"]*)\"")
WORD = re.compile(r"[^\W\d_]{2,}")
# Names and units, which no language translates.
NAMES = {"UTC", "KB", "Reference", "Tokens"}
# The arguments whose values stand on a page.
SHOWN = {
    *("back_label", "cancel_label", "empty_text", "empty_title", "heading", "help_text", "keep_label", "label", "lead"),
    *("prompt", "submit_label", "text", "title", "verbose_name", "verbose_name_plural", "what_now", "when"),
}
RAISED = {"ValidationError"}


def unmarked(text: str) -> set[str]:
    """The words of a template that stand in it as they are read, outside of what is marked."""
    for pattern in LEFT_OUT:
        text = pattern.sub(" ", text)
    read_out = " ".join(words for tag in TAG.findall(text) for words in READ_OUT.findall(tag))
    return set(WORD.findall(f"{TAG.sub(' ', text)} {read_out}")) - NAMES


def spoken(node: ast.AST) -> bool:
    """Whether it is a sentence or a word of English, and no name of a field or a style."""
    if isinstance(node, ast.JoinedStr):
        return any(spoken(part) for part in node.values)
    return isinstance(node, ast.Constant) and bool(re.search(r"[A-Za-z]{2,} |^[A-Z][a-z]", str(node.value)))


def plain_sentences(tree: ast.AST) -> Iterator[str]:
    """What a call gives to a page in English, without a mark."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        given = [keyword.value for keyword in call.keywords if keyword.arg in SHOWN]
        if isinstance(call.func, ast.Name) and call.func.id in RAISED:
            given += call.args[:1]
        yield from (f"{call.lineno}: {ast.unparse(value)}" for value in given if spoken(value))


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_template_has_no_text_that_is_not_marked(path: Path) -> None:
    assert unmarked(path.read_text()) == set()


def test_a_text_that_is_not_marked_is_found() -> None:
    assert unmarked('<p title="Two {{ name }}">{% translate "One" %} three</p>') == {"Two", "three"}


def test_no_call_gives_a_page_a_text_that_is_not_marked() -> None:
    # What commands and the settings say is English; so is what the management API answers.
    others = ("/migrations/", "/management/", "/management_api/", "/settings_check/", "/configuration/", "/commands/")
    found = [
        f"{path.relative_to(BASE_DIR)}:{sentence}"
        for app in sorted(OURS)
        for path in sorted((BASE_DIR / app).rglob("*.py"))
        if not any(other in str(path) for other in others)
        for sentence in plain_sentences(ast.parse(path.read_text()))
    ]
    assert found == []
