"""The forms of a page, read from its HTML."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from tests.pages import Fields


class Filling(HTMLParser):
    """The form of a page, filled in otherwise than it comes: other words, each box turned, the last of each choice."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.fields: Fields = {}
        self._select = ""
        self._is_inside = False
        self.feed(response.content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        kind, name, value = values.get("type", "text"), values.get("name", ""), values.get("value", "")
        if tag in {"form", "select"}:
            self._is_inside = self._is_inside or values.get("action", "") != "/theme/"
            self._select = name
        elif not self._is_inside:
            return
        elif tag == "option" and value:
            self.fields[self._select] = [value]
        elif tag == "input" and kind == "checkbox":
            if "checked" not in values:
                self.fields.setdefault(name, []).append(value or "on")
        elif tag == "input" and kind in {"radio", "hidden"}:
            self.fields[name] = [value]
        elif tag == "input" and kind != "password":
            others = {"email": "typed@example.com", "number": "7", "datetime-local": "2030-01-31T12:00"}
            self.fields[name] = [others.get(kind, "typed words")]

    def handle_endtag(self, tag: str) -> None:
        self._is_inside = self._is_inside and tag != "form"


class Filled(Filling):
    """The visible fields of the forms that are posted, as they come; and the version."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        kind, name, value = values.get("type", "text"), values.get("name", ""), values.get("value", "")
        if tag == "form":
            self._is_inside = values.get("method") == "post" and values.get("action", "") != "/theme/"
        elif not self._is_inside or (kind == "hidden" and name != "version"):
            return
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in values:
            self.fields.setdefault(self._select, []).append(value)
        elif tag == "input" and (kind not in {"radio", "checkbox"} or "checked" in values):
            self.fields.setdefault(name, []).append(value)
