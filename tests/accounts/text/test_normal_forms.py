"""Normal forms of texts that somebody made to take long (T34, AVA-3)."""

from __future__ import annotations

import sys
import time
import unicodedata
from collections.abc import Callable
from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.text.case_folding import folded
from accounts.text.free_text import readable, require_readable, tidied
from accounts.text.normal_forms import MOST_TOGETHER, becomes_mark, nfc, nfkc
from accounts.text.row_files import harmless_cell
from accounts.text.secrets import holds_secret
from reference_tokens.token_values.token_format import generate
from tests.pages import LOGIN_URL

pytestmark = pytest.mark.once

# As many as a page takes in a form, in the order that takes the longest to sort.
ACUTE, BELOW, VOICED = "\u0301", "\u0323", "\uff9e"
LONG = {"marks": "a" + 15_000 * ACUTE + 15_000 * BELOW, "odd marks": "a" + 10_000 * (ACUTE + VOICED)}
# To sort that many takes seconds.
MOST_SECONDS = 0.5


def require_something(text: str) -> None:
    """The rule of free text, whatever it says."""
    with suppress(ValidationError):
        require_readable(text)


@pytest.mark.parametrize("read", [nfc, nfkc, folded, tidied, readable, require_something, holds_secret, harmless_cell])
@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_t34_no_text_takes_the_square_of_its_length(read: Callable[[str], object], text: str) -> None:
    began = time.process_time()
    read(text)
    assert time.process_time() - began < MOST_SECONDS


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["login", "next"])
def test_ava3_nobody_holds_up_the_others_by_a_form_of_marks(client: Client, field: str) -> None:
    form = {"login": "nobody", "password": "x"} | {field: f"/{LONG['marks']}"}
    body = "&".join(f"{name}={value}" for name, value in form.items()).encode()
    began = time.process_time()
    assert client.post(LOGIN_URL, body, "application/x-www-form-urlencoded").status_code == 200
    assert time.process_time() - began < 2 * MOST_SECONDS


def test_what_people_write_has_the_forms_of_unicode() -> None:
    for text in ("Z\u0307ółć", "a" + ACUTE * MOST_TOGETHER, "\ufb01", "ｶﾞ", "ascii", ""):
        assert (nfc(text), nfkc(text)) == (unicodedata.normalize("NFC", text), unicodedata.normalize("NFKC", text))


def test_no_character_becomes_a_mark_that_does_not_count_as_one() -> None:
    surrogates = range(0xD800, 0xE000)
    characters = [chr(number) for number in range(sys.maxunicode + 1) if number not in surrogates]
    sorted_ones = {one for one in characters if unicodedata.combining(unicodedata.normalize("NFKD", one)[0])}
    assert {one for one in characters if becomes_mark(one)} == sorted_ones


def test_txt1_a_secret_among_many_marks_is_found() -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in generate())
    assert holds_secret("a" + 50 * ACUTE + wide)
