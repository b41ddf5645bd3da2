"""Small parts of pages: what they say, and that whatever stands in them is text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import time_machine
from django.forms import Select, TextInput
from django.forms.renderers import DjangoTemplates
from django.utils import timezone
from django.utils.safestring import mark_safe

from accounts.templatetags.parts import attributes, badges, chips, few_chips, icon, when
from reference_tokens.lists.rows import Badge, ListedScope

pytestmark = pytest.mark.once

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NASTY = """<script>"'&amp;\N{RIGHT-TO-LEFT OVERRIDE}"""
ESCAPED = "&lt;script&gt;&quot;&#x27;&amp;amp;\N{RIGHT-TO-LEFT OVERRIDE}"


@dataclass(frozen=True)
class Named:
    """What a row is called by."""

    name: str

    def __str__(self) -> str:
        return self.name


def test_a_widget_has_the_attributes_that_django_writes() -> None:
    attrs = {"id": NASTY, NASTY: mark_safe("&amp;"), "hidden": True, "open": False, "size": 5, "title": None}
    told = DjangoTemplates().render("django/forms/widgets/attrs.html", {"widget": {"attrs": attrs}})
    assert attributes(attrs).strip() == told
    assert told in str(TextInput(attrs).render("name", "value"))
    assert told in str(Select(attrs).render("name", "value"))


@pytest.mark.parametrize(
    "part",
    [
        lambda text: icon(text, extra=text),
        lambda text: when(NOW, text, Named(text)),
        lambda text: badges([Badge(text, text, text), Badge(text, text)], Named(text)),
        lambda text: badges([Badge(text, text, text)]),
        lambda text: chips([ListedScope(text, is_effective=True), ListedScope(text, is_effective=False)]),
        lambda text: chips([ListedScope(text, is_effective=True)] * 6),
        lambda text: few_chips([ListedScope(text, is_effective=True)] * 3, text),
    ],
)
def test_whatever_stands_in_a_part_is_text_and_never_markup(part: Callable[[str], str]) -> None:
    shown = part(NASTY)
    assert ESCAPED in shown
    assert shown.replace(ESCAPED, "x") == part("x")


def test_an_icon_is_drawn_from_the_sprite_and_says_nothing() -> None:
    assert icon("trash").startswith('<svg class="icon" aria-hidden="true" focusable="false"><use href="/static/icons.')
    assert icon("trash").endswith('.svg#trash"></use></svg>')
    assert 'class="icon small tick"' in icon("check", small=True, extra="tick")


def test_an_instant_is_a_word_that_opens_the_exact_time() -> None:
    with time_machine.travel(NOW.replace(day=28), tick=False), timezone.override("Pacific/Auckland"):
        assert when(NOW, "used", 7) == (
            '<button class="when" type="button" popovertarget="used-7">'
            '<time datetime="2026-11-23T12:00:00Z">5 days ago</time>'
            '<span class="visually-hidden">, exact time</span></button>'
            '<span id="used-7" class="exact" popover>'
            "24 Nov 2026, 01:00:00 Pacific/Auckland (23 Nov 2026, 12:00:00 UTC)</span>"
        )
        assert ">24 Nov 2026</time>" in when(NOW, "used", 7, as_date=True)


def test_a_badge_opens_its_explanation_where_its_row_has_a_name() -> None:
    found = [Badge("Active", "ok"), Badge("Outside policy", "warn", "It is too long.")]
    plain, explained = badges(found), badges(found, 7)
    assert plain == '<span class="badge ok">Active</span> <span class="badge warn">Outside policy</span>'
    assert 'popovertarget="badge-7-2">Outside policy<' in explained
    assert '<span id="badge-7-2" class="exact" popover>It is too long.</span>' in explained


@pytest.mark.parametrize(("number", "beside", "summary"), [(0, 0, ""), (5, 5, ""), (6, 4, "All 6 scopes")])
def test_of_more_than_five_scopes_the_rest_unfolds(number: int, beside: int, summary: str) -> None:
    shown = chips([ListedScope(f"scope{each}", is_effective=True) for each in range(number)])
    before, _opens, after = shown.partition("<summary>")
    assert before.count('class="chip"') == beside
    assert after.count('class="chip"') == number - beside
    assert after.startswith(summary)


@pytest.mark.parametrize(
    ("names", "beside", "label"),
    [
        (["read", "update"], 2, ""),
        (["read", "update", "export"], 2, "+1"),
        (["read", "com.example:read"], 2, "\N{HORIZONTAL ELLIPSIS}"),
    ],
)
def test_where_there_is_little_room_two_scopes_stand_and_a_button_opens_all(
    names: list[str], beside: int, label: str
) -> None:
    shown = few_chips([ListedScope(name, is_effective=True) for name in names], "all-7")
    before, opens, after = shown.partition("<button")
    assert before.count('class="chip"') == beside
    assert bool(opens) == bool(label)
    if label:
        assert f'popovertarget="all-7">{label}<span class="visually-hidden"> all scopes</span></button>' in after
        assert [f">{name}</span>" in after.partition("popover>")[2] for name in names] == [True] * len(names)
