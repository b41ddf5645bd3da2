"""The search over the help, in memory: over titles, headings and paragraphs, without regard to case."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING, NamedTuple

from accounts.text.case_folding import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reference_tokens.pages.help.markdown import HelpPage, Section

# Of what is asked, so many characters are read; of what is found, so many sections are shown.
LONGEST, MOST_FOUND = 100, 20
LENGTH_OF_EXCERPT = 180


class Found(NamedTuple):
    """A section that holds all the words."""

    url: str
    language: str
    page: str
    heading: str
    excerpt: str


def find(asked: str, pages: Iterable[HelpPage]) -> list[Found]:
    """The sections that hold all the words: first where the heading does, then where the page is called so."""
    words = (folded(asked[:LONGEST]) or "").split()
    ranked = [(rank, page, section) for page in pages for rank, section in ranked_sections(page, words)]
    ranked.sort(key=lambda each: each[0])
    return [found(page, section) for _rank, page, section in ranked[:MOST_FOUND]]


def ranked_sections(page: HelpPage, words: list[str]) -> Iterator[tuple[int, Section]]:
    """The sections of a page that hold all the words of a search, each with how well it fits: 0 is best."""
    for section in page.sections:
        texts = (folded(section.heading), folded(f"{page.title} {section.heading}"), section.words)
        rank = next((rank for rank, text in enumerate(texts) if words and holds_all(text, words)), None)
        if rank is not None:
            yield rank, section


def holds_all(text: str | None, words: list[str]) -> bool:
    """Whether a folded text holds all the words."""
    return all(word in (text or "") for word in words)


def found(page: HelpPage, section: Section) -> Found:
    """A section as the search shows it."""
    url = f"{page.url}#{section.anchor}" if section.anchor else page.url
    excerpt = shorten(section.text, LENGTH_OF_EXCERPT, placeholder=" …")
    return Found(url, page.language, page.title, section.heading, excerpt)
