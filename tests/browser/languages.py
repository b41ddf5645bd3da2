"""Whether a page holds its texts in every language: those that it speaks, and one made up of English that is longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.browser.visit import Visit

# How far the page can be scrolled sideways, and which buttons do not show all that they say.
OVERFLOW = """() => {
  const across = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  const cut = [...document.querySelectorAll("button, a.button, summary, .badge, h1")]
    .filter(e => e.checkVisibility({visibilityProperty: true}) && e.clientWidth > 1)
    .filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== "visible")
    .map(e => `cut off: ${e.innerText.trim()}`);
  return across > 0 ? [`${across} px too wide`, ...cut] : cut;
}"""
# Accents on each letter, 40 % longer, and written from right to left; what is copied stays as it is, and so do dates:
# each language has its own form of them, as long as in English but for a sign or two.
PSEUDO = """() => {
  const marks = {a: "á", e: "é", i: "í", o: "ó", u: "ú", n: "ñ", c: "ç", s: "š", A: "Å", E: "É", O: "Ö", U: "Ü"};
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (words.nextNode()) nodes.push(words.currentNode);
  for (const node of nodes) {
    if (node.parentElement.closest("script, style, code, pre, template, time") || !node.data.trim()) continue;
    const more = "ő".repeat(Math.ceil(node.data.trim().length * 0.4)).match(/.{1,8}/g).join(" ");
    node.data = node.data.replace(/[a-zA-Z]/g, letter => marks[letter] || letter).replace(/\\s*$/, ` ${more}$&`);
  }
  document.documentElement.dir = "rtl";
}"""


def overflows(visit: Visit, *, pseudo: bool = False) -> list[str]:
    """What of the open page does not fit its width, in words."""
    if pseudo:
        visit.page.evaluate(PSEUDO)
    return [f"{visit.page.url}: {found}" for found in visit.page.evaluate(OVERFLOW)]


def choose_language(visit: Visit, own_name: str) -> None:
    """Choose the language in the foot of the page."""
    visit.page.get_by_role("button", name=own_name, exact=True).click()
    visit.page.wait_for_load_state()
