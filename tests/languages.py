"""A second language for tests: every text of the product says that it was translated, and is otherwise the same."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.utils.translation import trans_real
from django.utils.translation.trans_real import CONTEXT_SEPARATOR

from accounts.models import User

TRANSLATED = "\N{SECTION SIGN}"
# What a translation repeats letter by letter: placeholders, tags and signs by name.
KEPT = re.compile(r"%\(\w+\)\w|%[%s]|\{[^}]*\}|<[^>]*>|&\w+;")


class Marked(gettext.NullTranslations):
    """The words of the product, each behind a mark."""

    def gettext(self, message: str) -> str:
        # Of a text with a context Django asks for both.
        return f"{TRANSLATED}{message.rpartition(CONTEXT_SEPARATOR)[2]}"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def language(self) -> str:
        return "de"

    def to_language(self) -> str:
        return "de"


class Accented(Marked):
    """The words of the product with an accent on each letter, and 40 % longer."""

    def gettext(self, message: str) -> str:
        text = message.rpartition(CONTEXT_SEPARATOR)[2]
        accented = "".join(
            part if KEPT.fullmatch(part) else re.sub("[A-Za-z]", "\N{LATIN SMALL LETTER E WITH ACUTE}", part)
            for part in re.split(f"({KEPT.pattern})", text)
        )
        return accented + "\N{LATIN SMALL LETTER O WITH ACUTE}" * (len(text) * 2 // 5)


@contextmanager
def second_language(words: Marked | None = None) -> Iterator[None]:
    """Speak German, of a kind, to whoever reads that, for the time of the block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "LANGUAGES", [("en", "English"), ("de", "German")])
        patch.setitem(vars(trans_real)["_translations"], "de", words or Marked())
        languages: Any = trans_real.get_languages
        languages.cache_clear()
        yield
    languages.cache_clear()


def reads_german(*users: User) -> None:
    """Let these people read German from now on."""
    User.objects.filter(pk__in=[user.pk for user in users]).update(language="de")
