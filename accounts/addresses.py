"""Links upward: a lower layer names a page by what it is for, and the site that has the page says which one it is.

Each site registers its pages when it starts (`AppConfig.ready`). A layer links to its own pages with `reverse`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

if TYPE_CHECKING:
    from collections.abc import Mapping

_names: dict[str, str] = {}


def register_addresses(names: Mapping[str, str]) -> None:
    """Say under which name of a URL each page is found; raises `ValueError` where two sites claim the same page."""
    if twice := _names.keys() & names.keys():
        raise ValueError(f"registered twice: {', '.join(sorted(twice))}")
    _names.update(names)


def address_of(page: str, /, *args: object) -> str:
    """The path of a page, such as `address_of("application", application.pk)`; raises `LookupError` for no page."""
    if page not in _names:
        raise LookupError(f"no site has registered the page {page!r}")
    return reverse(_names[page], args=args)
