"""Each language that the service speaks is complete, and its texts fit those of the code."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog, Message
from django.conf import settings

from tests import catalogues
from tests.command_line import BASE_DIR

pytestmark = pytest.mark.once

SPOKEN = [name for name, _own_name in settings.LANGUAGES if name != settings.LANGUAGE_CODE]
PLACEHOLDER = re.compile(r"%\(\w+\)[-+ 0#]*\d*(?:\.\d+)?[a-z]|%%|\{\w*(?:![rsa])?(?::[^}]*)?\}")
TAG = re.compile(r"<[^<>]+>|&\w+;")


def pairs(message: Message) -> Iterator[tuple[str, str]]:
    """Each text with its translation: one, or one for each form of the plural."""
    if isinstance(message.id, str):
        yield message.id, str(message.string)
        return
    for form, text in enumerate(message.string or ()):
        yield message.id[min(form, 1)], text


def messages(language: str) -> Catalog:
    return catalogues.read(language)


def found(pattern: re.Pattern[str], text: str) -> Counter[str]:
    return Counter(pattern.findall(text))


def test_every_language_that_is_spoken_has_a_catalogue() -> None:
    assert set(SPOKEN) <= set(catalogues.languages())


@pytest.mark.parametrize("language", catalogues.languages())
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    assert catalogues.compiled_fits(language), "make messages"


def test_no_translation_is_missing_or_only_guessed() -> None:
    for language in SPOKEN:
        texts = [message for message in messages(language) if message.id]
        assert [message.id for message in texts if message.fuzzy] == []
        assert [message.id for message in texts if not all(text for _id, text in pairs(message))] == []


@pytest.mark.parametrize("part", [PLACEHOLDER, TAG], ids=["placeholders", "tags"])
@pytest.mark.parametrize("language", catalogues.languages())
def test_a_translation_has_the_placeholders_and_tags_of_its_text(language: str, part: re.Pattern[str]) -> None:
    # The form for one may leave a number out, or write it as a word.
    wrong = [
        (text, translation)
        for message in messages(language)
        if message.id
        for text, translation in pairs(message)
        if translation and found(part, text) != found(part, translation)
    ]
    assert wrong == []


@pytest.mark.parametrize("language", catalogues.languages())
def test_a_translation_begins_and_ends_as_its_text_does(language: str) -> None:
    """White space at the ends, and the colon or full stop at the end: pages put texts together by them."""
    ends = (r"\A\s*", r"[:.?!…]?\s*\Z")
    wrong = [
        (text, translation)
        for message in messages(language)
        if message.id
        for text, translation in pairs(message)
        if translation and any(re.search(end, text)[0] != re.search(end, translation)[0] for end in ends)  # type: ignore[index]
    ]
    assert wrong == []


@pytest.mark.parametrize("language", [name for name in catalogues.languages() if name in {"bg", "de"}])
def test_a_translation_quotes_as_its_language_does(language: str) -> None:
    for message in messages(language):
        for text, translation in pairs(message) if message.id else ():
            if translation:
                assert "”" not in translation, translation
                # Where English has capitals for the name of a button, others may quote it.
                assert translation.count("„") == translation.count("“") >= text.count("“"), (text, translation)


def test_every_function_that_marks_a_text_has_a_name_that_xgettext_knows() -> None:
    """Of `gettext_lazy as _lazy` no catalogue would hear."""
    renamed = re.compile(r"\bn?p?gettext(?:_lazy)? as (?!_\b)\w+")
    listed = ("git", "ls-files", "-z", "*.py", ":!tests/")
    names = subprocess.run(listed, cwd=BASE_DIR, check=True, stdout=subprocess.PIPE, text=True).stdout.split("\0")
    assert [name for name in filter(None, names) if renamed.search((BASE_DIR / name).read_text())] == []
