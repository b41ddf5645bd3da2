"""Makes a page of the help from its Markdown. HTML in it is shown as text, so that a page holds no script."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from accounts.text.case_folding import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from markdown_it.renderer import RendererProtocol
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

SOURCE_OF_PAGE = re.compile(r"([a-z-]+)\.md(#.+)?")
# A page is called by its heading of this level.
TITLE = "h1"


class Section(NamedTuple):
    """A heading of a page, the name by which it is linked to, and what stands below it; `words` are for the search."""

    level: int
    anchor: str
    heading: str
    text: str
    words: str


class HelpPage(NamedTuple):
    """A page of the help. The first section is what stands above all other headings."""

    slug: str
    language: str
    title: str
    lead: str
    html: SafeString
    sections: tuple[Section, ...]

    @property
    def url(self) -> str:
        """Its address."""
        return reverse("help_page", args=[self.slug])


def code_block(
    _renderer: RendererProtocol, tokens: Sequence[Token], at: int, _options: OptionsDict, _env: EnvType
) -> str:
    """Code that scrolls by itself, for the keyboard too."""
    return f'<pre tabindex="0"><code>{escape(tokens[at].content)}</code></pre>\n'


def _parser() -> MarkdownIt:
    """CommonMark with tables, without HTML; links lead by http, to mails, or to what has no scheme."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.add_render_rule("fence", code_block)
    parser.add_render_rule("table_open", lambda *_called: '<div class="help-table" tabindex="0"><table>\n')
    parser.add_render_rule("table_close", lambda *_called: "</table></div>\n")
    return parser


PARSER = _parser()


def page_of(slug: str, language: str, source: str, anchors: Sequence[str] | None = None) -> HelpPage:
    """The page of a source; a translation is given the anchors of the English page, which all languages share.

    Raises `ValueError` where a translation has more headings than the English page, or fewer.
    """
    tokens = PARSER.parse(source)
    title, lead, body = without_its_beginning(tokens)
    headings = [at for at, token in enumerate(body) if token.type == "heading_open"]
    texts = [plain_text(body[at + 1]) for at in headings]
    names = anchors_of(texts) if anchors is None else anchors
    for at, name in zip(headings, names, strict=True):
        body[at].attrSet("id", name)
    for link in links_in(body):
        link.attrSet("href", address_in_product(str(link.attrs["href"])))
    html = mark_safe(PARSER.renderer.render(body, PARSER.options, {}))  # noqa: S308 - made here, from our own text
    return HelpPage(slug, language, title, lead, html, tuple(sections_of(title, lead, body)))


def without_its_beginning(tokens: list[Token]) -> tuple[str, str, list[Token]]:
    """The title of a page, the paragraph below it, and the rest."""
    if [token.type for token in tokens[:4:3]] != ["heading_open", "paragraph_open"] or tokens[0].tag != TITLE:
        raise ValueError("a page of the help begins with its title and a paragraph")
    return plain_text(tokens[1]), plain_text(tokens[4]), tokens[6:]


def plain_text(token: Token) -> str:
    """The text of a paragraph, a heading or a cell, without its form."""
    # What has no text of its own is a line break, or where something begins or ends.
    parts = (child.content or (" " if child.type.endswith("break") else "") for child in token.children or ())
    return " ".join("".join(parts).split())


def anchors_of(headings: Iterable[str]) -> list[str]:
    """The names by which headings are linked to; as on GitHub, so that links in the sources work there too."""
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


def links_in(tokens: Iterable[Token]) -> list[Token]:
    """The links of a page."""
    return [child for token in tokens for child in token.children or () if child.type == "link_open"]


def address_in_product(target: str) -> str:
    """Where a link of a source leads here: `issue-a-pat.md#create-it` is the address of that page."""
    page = SOURCE_OF_PAGE.fullmatch(target)
    return reverse("help_page", args=[page[1]]) + (page[2] or "") if page else target


def sections_of(title: str, lead: str, body: list[Token]) -> Iterable[Section]:
    """The sections, with what the search reads of each."""
    level, anchor, heading, texts = 1, "", title, [lead]
    for at, token in enumerate(body):
        if token.type == "heading_open":
            yield section(level, anchor, heading, texts)
            level, anchor = int(token.tag[1]), str(token.attrs["id"])
            heading, texts = plain_text(body[at + 1]), []
        elif token.type == "fence":
            texts.append(token.content)
        elif token.type == "inline" and body[at - 1].type != "heading_open":
            texts.append(plain_text(token))
    yield section(level, anchor, heading, texts)


def section(level: int, anchor: str, heading: str, texts: list[str]) -> Section:
    """A section of these texts."""
    text = " ".join(" ".join(texts).split())
    return Section(level, anchor, heading, text, folded(f"{heading} {text}") or "")
