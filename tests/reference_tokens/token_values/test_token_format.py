"""TOK-1: the form of a token."""

from __future__ import annotations

import re
import secrets
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_tokens.token_values import token_format
from reference_tokens.token_values.token_format import TOKEN_PATTERN, generate, hint, holds_token, is_well_formed

VALID = "enrt_" + "00" * 28 + "FD57E9A3"


def test_t1_ten_thousand_tokens_have_the_form_and_their_crc_and_never_repeat() -> None:
    tokens = [generate() for _ in range(10_000)]
    assert all(re.fullmatch(r"enrt_[0-9A-F]{56}[0-9A-F]{8}", token) for token in tokens)
    assert all(int(token[-8:], 16) == zlib.crc32(token[:-8].encode()) for token in tokens)
    assert len({token[5:-8] for token in tokens}) == 10_000


def test_t1_the_224_random_bits_come_from_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def token_bytes(size: int) -> bytes:
        asked.append(size)
        return b"\xab" * size

    monkeypatch.setattr(secrets, "token_bytes", token_bytes)
    token = generate()
    assert asked == [28]
    assert token[5:-8] == "AB" * 28


@given(st.binary(min_size=28, max_size=28))
def test_tok1_every_value_of_the_random_bits_makes_a_well_formed_token(random: bytes) -> None:
    body = "enrt_" + random.hex().upper()
    assert is_well_formed(body + token_format.checksum(body))


def test_tok1_a_checksum_is_padded_to_eight_digits() -> None:
    bodies = ["enrt_" + f"{number:056X}" for number in range(2000)]
    short = [body for body in bodies if zlib.crc32(body.encode()) < 16**7]
    assert short
    assert all(re.fullmatch("0[0-9A-F]{7}", token_format.checksum(body)) for body in short)


def test_tok1_every_change_of_one_character_is_refused() -> None:
    token = generate()
    changed = [
        token[:position] + digit + token[position + 1 :]
        for position in range(len(token))
        for digit in "0123456789ABCDEFabcdefenrtZ_ "
        if digit != token[position]
    ]
    assert len(changed) > 69 * 26
    assert not [text for text in changed if is_well_formed(text)]


def test_tok1_every_swap_of_neighbours_is_refused() -> None:
    token = generate()
    swapped = [token[:i] + token[i + 1] + token[i] + token[i + 2 :] for i in range(68)]
    assert not [text for text in swapped if text != token and is_well_formed(text)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "enrt_",
        VALID + "\n",
        "\n" + VALID,
        VALID + "\0",
        VALID + " ",
        VALID + VALID,
        VALID[:-1],
        VALID + "0",
        VALID.lower(),
        VALID.upper(),
        VALID.replace("0", "\u0660", 1),
        VALID.replace("0", "\uff10", 1),
        VALID.replace("0", "\U0001d7ce", 1),
        "ENRT" + VALID[4:],
        "enrs" + VALID[4:],
    ],
)
def test_tok1_anything_else_is_refused(text: str) -> None:
    assert not is_well_formed(text)


@given(st.text())
def test_tok1_no_text_that_was_not_generated_is_well_formed_or_raises(text: str) -> None:
    assert not is_well_formed(text)
    assert not is_well_formed("enrt_" + text)


def test_tok1_the_pattern_finds_a_token_at_the_end_of_a_text_and_nothing_behind_it() -> None:
    assert TOKEN_PATTERN.match(VALID)
    assert TOKEN_PATTERN.search("key=" + VALID)
    assert not TOKEN_PATTERN.search(VALID + "\n")


def test_tok2_a_hint_shows_the_first_and_last_four_digits_only() -> None:
    token = "enrt_1D41" + "5" * 56 + "7960"
    assert hint(token) == "enrt_1D41…7960"


def test_tok1_a_known_token_is_well_formed() -> None:
    body = "enrt_" + "00" * 28
    assert f"{zlib.crc32(body.encode()):08X}" == VALID[-8:]
    assert is_well_formed(VALID)


@pytest.mark.parametrize("text", [VALID, VALID.lower(), f"my key: {VALID[:30]} \r\n {VALID[30:]}.", "enrt_" + VALID])
def test_tok1_a_text_holds_a_token_in_letters_of_any_case_and_with_spaces_in_it(text: str) -> None:
    assert holds_token(text)


@pytest.mark.parametrize("text", ["", "enrt_", VALID[:-1], VALID[5:], VALID[:-1] + "4", f"{VALID[:30]}X{VALID[30:]}"])
def test_tok1_a_text_holds_no_token_without_its_prefix_or_with_another_digit(text: str) -> None:
    assert not holds_token(text)
