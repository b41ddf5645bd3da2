"""A second language for tests: every text of the product says that it was translated, and is otherwise the same."""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.utils.translation import trans_real

from accounts.models import User

TRANSLATED = "\N{SECTION SIGN}"


class Marked(gettext.NullTranslations):
    """The words of the product, each behind a mark."""

    def gettext(self, message: str) -> str:
        return f"{TRANSLATED}{message}"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"{TRANSLATED}{msgid1 if n == 1 else msgid2}"

    def language(self) -> str:
        return "de"

    def to_language(self) -> str:
        return "de"


@contextmanager
def second_language() -> Iterator[None]:
    """Speak German, of a kind, to whoever reads that, for the time of the block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "LANGUAGES", [("en", "English"), ("de", "German")])
        patch.setitem(vars(trans_real)["_translations"], "de", Marked())
        languages: Any = trans_real.get_languages
        languages.cache_clear()
        yield
    languages.cache_clear()


def reads_german(*users: User) -> None:
    """Let these people read German from now on."""
    User.objects.filter(pk__in=[user.pk for user in users]).update(language="de")
