"""T69, TXT-1: which texts people may write, whatever their alphabet."""

# ruff: noqa: RUF001 - words of other alphabets are meant as they are
from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from accounts.text.free_text import EmailColumn, WordColumn, readable, require_readable, tidied

pytestmark = pytest.mark.once


def kept(text: str) -> str:
    text = tidied(text)
    require_readable(text)
    return text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\u3164", id="Hangul filler"),
        pytest.param("\uffa0", id="half-width Hangul filler"),
        pytest.param("\u115f\u1160", id="Hangul initial and medial filler"),
        pytest.param("\u2800", id="empty Braille pattern"),
        pytest.param("\U0001d159", id="musical note without a head"),
        pytest.param("\U00013441\U00013442", id="blank hieroglyphs"),
        pytest.param("a\U00013441b", id="blank hieroglyph within"),
        pytest.param("\u200b", id="zero width space"),
        pytest.param("\u2060", id="word joiner"),
        pytest.param("\u180e", id="Mongolian vowel separator"),
        pytest.param("\U000e0041", id="tag letter"),
        pytest.param("\u200d", id="zero width joiner"),
        pytest.param("\ue000", id="private use"),
        pytest.param("\u0378", id="not assigned"),
        pytest.param("a\u3164b", id="filler within"),
        pytest.param("a\u034fb", id="grapheme joiner within"),
        pytest.param("a\ufe0fb", id="variation selector at a letter"),
        pytest.param("a\u00adb", id="soft hyphen"),
        pytest.param("a\u200cb", id="non-joiner between Latin letters"),
        pytest.param("می\u200c", id="non-joiner that joins nothing"),
        pytest.param("😀\u200da", id="joiner between an emoji and a letter"),
        pytest.param("\U0001f3f4\U000e0061\U000e007f", id="flag of no country"),
        pytest.param("a\u202eb", id="right-to-left override"),
        pytest.param("a\nb", id="line break within"),
        pytest.param("a" + "\u0324\u0331\u0315" * 3, id="nine marks on a letter"),
        pytest.param("\ufdd0\u200c\ufdd0", id="non-joiner between no characters"),
    ],
)
def test_txt1_what_cannot_be_seen_or_misleads_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        kept(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("می\u200cخواهم", id="Persian with a non-joiner"),
        pytest.param("क्\u200dष", id="joiner after a virama"),
        pytest.param("क्\u200cष", id="non-joiner after a virama"),
        pytest.param("👨\u200d👩\u200d👧\u200d👦", id="family"),
        pytest.param("👩🏽\u200d💻 laptop", id="skin tone"),
        pytest.param("❤\ufe0f\u200d🔥", id="heart on fire"),
        pytest.param("🏴\u200d☠\ufe0f", id="pirate flag"),
        pytest.param("🇩🇪", id="flag of Germany"),
        pytest.param("\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", id="flag of Scotland"),
        pytest.param("1\ufe0f\u20e3", id="keycap"),
        pytest.param("☎\ufe0e", id="telephone as text"),
        pytest.param("葛\U000e0100", id="variant of an ideograph"),
        pytest.param("สวัสดี ที่นี่", id="Thai"),
        pytest.param("नमस्ते", id="Hindi"),
        pytest.param("மாணவர்", id="Tamil"),
        pytest.param("a" + "\u0324\u0331" * 4, id="eight marks on a letter"),
        pytest.param("🫨", id="emoji of 2022"),
    ],
)
def test_txt1_text_of_every_script_is_kept_as_it_is(text: str) -> None:
    assert kept(text) == text


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("\ufeffname", "name"),
        (" \u3000name\u00a0\r\n", "name"),
        ("\u200e name\u200f", "name"),
        ("U\u0308berwachung", "Überwachung"),
        ("\u0301a", "a"),
        ("\ufe0f", ""),
        ("\u034f", ""),
        ("\ufeff \u200e", ""),
    ],
)
def test_txt1_text_is_tidied(typed: str, stored: str) -> None:
    assert kept(typed) == stored


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("Alice", "Alice"),
        ("A\u202elice\u200b ", "Alice"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\u202e", ""),
        ("a" + "\u0324" * 9, ""),
    ],
)
def test_txt1_a_name_told_by_a_provider_is_cleaned(told: str, name: str) -> None:
    assert readable(told) == name


def test_a_stored_name_is_a_plain_column_in_migrations() -> None:
    assert WordColumn(max_length=9).deconstruct()[1:] == ("django.db.models.CharField", [], {"max_length": 9})
    email = EmailColumn(blank=True)
    assert email.deconstruct()[1:] == ("django.db.models.EmailField", [], {"blank": True, "max_length": 254})
