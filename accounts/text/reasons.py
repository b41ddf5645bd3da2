"""Why something was done: a text that somebody typed, or a code that is put into words for each reader.

A code has a column of its own, so that no typed text is taken for one. Each app registers the codes that it gives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils import translation

# The words of each code, given what its reason names: a policy, the hint of a token, a number of days, or nothing.
_words: dict[str, Callable[[str], str]] = {}


def register_reasons(words: Mapping[str, Callable[[str], str]]) -> None:
    """Add the codes of an app with their words; for `AppConfig.ready`."""
    _words.update(words)


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason as it is stored: the typed text, or a code with the text that its words name."""

    text: str = ""
    code: str = ""

    @classmethod
    def recorded(cls, details: Mapping[str, object]) -> Reason:
        """The reason that the details of an entry of the audit log hold; an empty one where they hold none."""
        return cls(str(details.get("reason", "")), str(details.get("reason_code", "")))

    def in_words(self) -> str:
        """In the active language; empty where there is no reason."""
        if not self.code:
            return self.text
        # A later version, which used this database before, may have had more codes.
        words = _words.get(self.code)
        return words(self.text) if words else f"{self.code} {self.text}".strip()

    def for_programs(self) -> str:
        """In the one language of files and commands."""
        with translation.override(None):
            return self.in_words()

    def details(self) -> dict[str, str]:
        """As an entry of the audit log holds it."""
        return {"reason": self.text} | ({"reason_code": self.code} if self.code else {})
