"""Small parts of pages, each one call: icons, times, badges, chips.

Rows of lists repeat them: as templates that are included they cost more than all the rest of a page.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

from django import template
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.templatetags.interface import day, exact, relative

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

register = template.Library()

MOST_CHIPS = 5
CHIPS_BESIDE_MORE = 4
FEW_CHIPS = 2
# A longer name may be cut off where there is little room.
SHORT_SCOPE = 12
# Whether `escape` would change a text.
has_special = re.compile("[&<>\"']").search


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
    return instant(value, day(value) if as_date else relative(value), f"{key}-{row}", _("exact time"))


def instant(value: datetime, text: str, name: str, exact_time: str) -> SafeString:
    """An instant in this text. The exact time, for which there is a word, opens under the name."""
    return markup(
        '<button class="when" type="button" popovertarget="{0}"><time datetime="{1}">{2}</time>'
        '<span class="visually-hidden">, {3}</span></button><span id="{0}" class="exact" popover>{4}</span>',
        name,
        f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z",
        text,
        exact_time,
        exact(value),
    )


@register.simple_tag
def badges(found: Sequence[Badge], row: Any = "") -> SafeString:
    """Badges side by side. Where the row has a name of its own, what one means opens by click, touch or key."""
    return joined([badge(each, f"badge-{row}-{place}" if row else "") for place, each in enumerate(found, 1)])


def badge(shown: Badge, name: str) -> SafeString:
    """One badge; its explanation opens under this name, where it has both."""
    if not (name and shown.detail):
        return markup('<span class="badge {}">{}</span>', shown.tone, shown.label)
    return markup(
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


def few_chips(scopes: Sequence[Scope], name: str) -> SafeString:
    """Two scopes, for where there is little room. Where there is more to say, all of them open by this name."""
    found = [chip(scope) for scope in scopes]
    few, rest = joined(found[:FEW_CHIPS]), len(found) - FEW_CHIPS
    if rest <= 0 and all(len(scope.name) <= SHORT_SCOPE for scope in scopes):
        return few
    opening = markup(
        ' <button class="chip" type="button" popovertarget="{0}">{1}'
        '<span class="visually-hidden"> {2}</span></button><div id="{0}" class="exact chips" popover>',
        name,
        f"+{rest}" if rest > 0 else "\N{HORIZONTAL ELLIPSIS}",
        _("all scopes"),
    )
    return few + opening + joined(found) + SafeString("</div>")


@register.simple_tag
def chip(scope: Scope) -> SafeString:
    """One scope."""
    if scope.is_effective:
        return markup('<span class="chip">{}</span>', scope.name)
    return markup(
        '<span class="chip off">{}<span class="visually-hidden"> ({})</span></span>',
        scope.name,
        _("no longer in effect"),
    )


@register.simple_tag
def attributes(found: Mapping[str, object]) -> SafeString:
    """The attributes of a widget, as Django's own template writes them: True is a name alone, False is nothing."""
    told = [
        f" {escape(name)}" if value is True else f' {escape(name)}="{conditional_escape(str(value))}"'
        for name, value in found.items()
        if value is not False
    ]
    return SafeString("".join(told))


def markup(pattern: str, *words: object) -> SafeString:
    """The words in the pattern, each escaped.

    `format_html` asks first what each is, and `mark_safe` whether it can wait, which takes longer; few words have
    anything to be escaped.
    """
    return SafeString(pattern.format(*[escape(text) if has_special(text := str(word)) else text for word in words]))


def joined(parts: Sequence[SafeString]) -> SafeString:
    """The parts one behind the other, as words are."""
    return SafeString(" ".join(parts))
