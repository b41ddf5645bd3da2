"""Hostile texts: what each field is given, and how to tell that one of them did something."""

from __future__ import annotations

import json
from html.parser import HTMLParser

# Nothing of ours is called so: an element or attribute of this name is the text of somebody else.
SIGN = "zz"
# A spreadsheet would take it for a formula, a template for code, a page for markup that ends whatever it stands in.
LONG = (
    "=zz('{field}')\"'`><zz onzz=1 onerror=zz()>{{{{7*7}}}}{{% zz %}}"
    "</script></style></textarea></title><!--zz--><img src=x>"
)
SHORT = "=\"'><zz onzz=1>{{{{7*7}}}} {field}"
# An address that a browser would run where it is followed.
ADDRESS = "javascript:zz('{field}')//\"'><zz onzz=1>"
LONGEST_SHORT = 150
RUNS = ("javascript:", "data:", "vbscript:")


def poison(field: str, longest: int = 200) -> str:
    """The text for this field, which names it, and no longer than it may be."""
    return (LONG if longest > LONGEST_SHORT else SHORT).format(field=field)[:longest]


class Effects(HTMLParser):
    """What of a page somebody's text has done: elements and attributes that it made, addresses that would run."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._inside = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        if tag.startswith(SIGN):
            self.found.append(self.get_starttag_text() or tag)
        for name, value in attrs:
            if name.startswith(("on", SIGN)):
                self.found.append(f"{tag}: {name}")
            if name in {"href", "src", "action", "formaction", "hx-get", "hx-post"}:
                self.found += [f"{tag}: {value}"] if (value or "").strip().lower().startswith(RUNS) else []
        if tag == "img" and ("src", "x") in attrs:
            self.found.append("img")

    def handle_data(self, data: str) -> None:
        # What a script holds is JSON, or nobody's text.
        if self._inside in {"script", "style"} and SIGN in data:
            json.loads(data)

    def handle_comment(self, data: str) -> None:
        if SIGN in data:
            self.found.append(f"a comment: {data}")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""


def effects(page: str) -> list[str]:
    """What the texts in this page do; nothing, where all is well."""
    return Effects(page).found
