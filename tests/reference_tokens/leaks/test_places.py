"""T58: of the place where a token was seen everything is kept that may be read, and no secret."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from reference_tokens.leaks.places import place_of, shortened
from tests.pasted_secrets import TOKEN

pytestmark = pytest.mark.once

COMMIT = "https://github.com/acme/app/blob/0123456789abcdef0123456789abcdef01234567/config.py#L7"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("", ""),
        (COMMIT, COMMIT),
        ("  our wiki, page 7 ", "our wiki, page 7"),
        ("https://bücher.example/ü", "https://bücher.example/ü"),
        ("https://paste.example/\u202egpj.exe\0", "https://paste.example/gpj.exe"),
        ("HTTP://paste.example/x?#", "HTTP://paste.example/x?#"),
        ("https://ada:secret@paste.example:8443/x?y=1", "https://paste.example:8443/x?y=1"),
        ("https://ada:sec@ret@paste.example/x", "https://paste.example/x"),
        (f"https://paste.example/?q={TOKEN}", "https://paste.example"),
        (f"https://paste.example/?q={quote(quote(TOKEN[:20]) + TOKEN[20:])}", "https://paste.example"),
        (f"https://paste.example/{base64.b64encode(TOKEN.encode()).decode()}", "https://paste.example"),
        (f"https://paste.example/?q=enrs_{'a' * 43}", "https://paste.example"),
        (f"https://{TOKEN}/", ""),
        (f"https://{TOKEN}@paste.example/x", "https://paste.example/x"),
        (f"seen in {TOKEN}", ""),
        (f"mail:{TOKEN}", ""),
        (f"//paste.example/{TOKEN}", ""),
        (f"http://[bad/{TOKEN}", ""),
        ("http://[bad/x", "http://[bad/x"),
        ("https://paste.example/" + "a" * 2_000, "https://paste.example"),
        ("https://paste.example?" + "a" * 2_000, "https://paste.example"),
        ("https://ada:secret@paste.example/" + "a" * 2_000, "https://paste.example"),
        # Cut within the site, which may be a password: nothing of it is read, nor the marks behind it.
        ("https://ada:" + "a" * 2_000 + "@paste.example/", ""),
        ("https://paste.example" + "\u0315\u0316" * 30_000 + "/", ""),
        ("https://[bad/" + "a" * 2_000, ""),
        ("a" * 2_001, ""),
        ("\ud800", ""),
    ],
)
def test_t58_what_is_kept_of_a_place(url: str, kept: str) -> None:
    assert place_of(url) == kept


@pytest.mark.parametrize("length", [501, 2_000])
def test_t58_a_long_place_is_cut_and_says_so(length: int) -> None:
    place = place_of("https://paste.example/".ljust(length, "a"))
    assert len(place) == 500
    assert place.endswith("a…")


def test_t58_a_place_of_just_the_greatest_length_is_kept_whole() -> None:
    place = "https://paste.example/".ljust(500, "a")
    assert place_of(place) == place


def test_t58_a_place_is_cut_within_no_letter() -> None:
    family = "\U0001f468\u200d\U0001f469"
    assert shortened("a" * 7 + family + "b", 10) == "a" * 7 + "\U0001f468" + "…"
