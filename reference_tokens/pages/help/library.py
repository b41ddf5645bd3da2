"""The pages of the help in a language: read from docs/help/ and rendered once, then kept."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.utils import translation

from reference_tokens.pages.help.markdown import HelpPage, page_of

FOLDER = settings.RESOURCES / "docs" / "help"
# What every page is written in; a page without a translation is shown in it.
WRITTEN_IN = "en"
# What the sources write for the address of this instance.
EXAMPLE_BASE_URL = "https://tokens.example.com"
# The pages, in the order in which they are read.
SLUGS = (
    "getting-started",
    "issue-a-pat",
    "issue-a-sat",
    "policies",
    "scopes",
    "expiry-and-rotation",
    "use-a-token",
    "revoke-and-leaks",
    "validate-tokens",
    "automation",
    "second-factors",
    "troubleshooting",
)


def pages() -> dict[str, HelpPage]:
    """The pages in the language of the reader, by the last part of their addresses."""
    return pages_in((translation.get_language() or WRITTEN_IN).partition("-")[0])


@cache
def pages_in(language: str) -> dict[str, HelpPage]:
    """The pages in a language; those that there are not, in English."""
    return {slug: page_in(language, slug) for slug in SLUGS}


@cache
def page_in(language: str, slug: str) -> HelpPage:
    """A page in a language, or else in English."""
    file = FOLDER / language / f"{slug}.md"
    if not file.is_file():
        return page_in(WRITTEN_IN, slug)
    source = file.read_text(encoding="utf-8").replace(EXAMPLE_BASE_URL, settings.BASE_URL)
    return page_of(slug, language, source, None if language == WRITTEN_IN else anchors_of_page(slug))


def anchors_of_page(slug: str) -> list[str]:
    """The names by which the headings of a page are linked to, in every language."""
    return [section.anchor for section in page_in(WRITTEN_IN, slug).sections[1:]]
