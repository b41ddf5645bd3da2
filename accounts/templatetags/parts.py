"""Small parts of pages, each one call: icons, times, badges, chips.

Rows of lists repeat them: as templates that are included they cost more than all the rest of a page.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from accounts.templatetags.interface import day, exact, relative

if TYPE_CHECKING:
    from collections.abc import Sequence

register = template.Library()

MOST_CHIPS = 5
CHIPS_BESIDE_MORE = 4


class Badge(Protocol):
    """A word with a colour that repeats it, and a sentence that explains it, or none."""

    @property
    def label(self) -> str: ...
    @property
    def tone(self) -> str: ...
    @property
    def detail(self) -> str: ...


class Scope(Protocol):
    """A scope, and whether it has an effect where it is shown."""

    @property
    def name(self) -> str: ...
    @property
    def is_effective(self) -> bool: ...


@register.simple_tag
@cache
def icon(name: str, *, small: bool = False, extra: str = "") -> SafeString:
    """A drawing of the sprite, which says nothing to who cannot see it; `extra`: one more class."""
    classes = " ".join(filter(None, ["icon", "small" if small else "", extra]))
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        classes,
        static("icons.svg"),
        name,
    )


@register.simple_tag
def when(value: datetime, key: str, row: Any, *, as_date: bool = False) -> SafeString:
    """How far away an instant is, or its date. The exact time, here and in UTC, opens by click, touch or key.

    `key` and `row` are together unique on the page.
    """
    return format_html(
        '<button class="when" type="button" popovertarget="{0}"><time datetime="{1}">{2}</time>'
        '<span class="visually-hidden">, {3}</span></button><span id="{0}" class="exact" popover>{4}</span>',
        f"{key}-{row}",
        f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z",
        day(value) if as_date else relative(value),
        _("exact time"),
        exact(value),
    )


@register.simple_tag
def badges(found: Sequence[Badge], row: Any = "") -> SafeString:
    """Badges side by side. Where the row has a name of its own, what one means opens by click, touch or key."""
    return joined([badge(each, f"badge-{row}-{place}" if row else "") for place, each in enumerate(found, 1)])


def badge(shown: Badge, name: str) -> SafeString:
    """One badge; its explanation opens under this name, where it has both."""
    if not (name and shown.detail):
        return format_html('<span class="badge {}">{}</span>', shown.tone, shown.label)
    return format_html(
        '<button class="badge {0}" type="button" popovertarget="{1}">{2}'
        '<span class="visually-hidden">: {3}</span></button><span id="{1}" class="exact" popover>{4}</span>',
        shown.tone,
        name,
        shown.label,
        _("what this means"),
        shown.detail,
    )


@register.simple_tag
def chips(scopes: Sequence[Scope]) -> SafeString:
    """Scopes side by side; of more than five the rest unfolds."""
    found = [chip(scope) for scope in scopes]
    if len(found) <= MOST_CHIPS:
        return format_html('<div class="chips">{}</div>', joined(found))
    return format_html(
        '<div class="chips">{}<details class="more"><summary>{}</summary><div class="chips">{}</div></details></div>',
        joined(found[:CHIPS_BESIDE_MORE]),
        _("All %(total)s scopes") % {"total": len(found)},
        joined(found[CHIPS_BESIDE_MORE:]),
    )


@register.simple_tag
def chip(scope: Scope) -> SafeString:
    """One scope."""
    if scope.is_effective:
        return format_html('<span class="chip">{}</span>', scope.name)
    return format_html(
        '<span class="chip off">{}<span class="visually-hidden"> ({})</span></span>',
        scope.name,
        _("no longer in effect"),
    )


def joined(parts: Sequence[SafeString]) -> SafeString:
    """The parts one behind the other, as words are."""
    return mark_safe(" ".join(parts))  # noqa: S308 - each part is escaped
