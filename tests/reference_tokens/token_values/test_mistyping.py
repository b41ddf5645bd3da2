"""What is wrong with a text that should be a token."""

from __future__ import annotations

import pytest

from reference_tokens.token_values import token_format
from reference_tokens.token_values.mistyping import Mistake, mistyping_of

TOKEN = token_format.PREFIX + "1D41" * 14
TOKEN += token_format.checksum(TOKEN)
OTHER_DIGIT = "2" if TOKEN[5] == "1" else "1"


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        (f"Bearer {TOKEN}", {Mistake.SCHEME}),
        (f"Authorization: bearer {TOKEN}", {Mistake.SCHEME}),
        (f'"X-Api-Key: {TOKEN}"', {Mistake.SCHEME, Mistake.QUOTE}),
        (f"{TOKEN[:40]}\r\n{TOKEN[40:]}", {Mistake.LINE_BREAK}),
        (f"{TOKEN[:40]} {TOKEN[40:]}", {Mistake.SPACE}),
        (f"{TOKEN[:40]}\n  {TOKEN[40:]}", {Mistake.LINE_BREAK, Mistake.SPACE}),
        (f"\ufeff{TOKEN}", {Mistake.INVISIBLE}),
        (f"{TOKEN[:40]}\u200b{TOKEN[40:]}", {Mistake.INVISIBLE}),
        (f"'{TOKEN}'", {Mistake.QUOTE}),
        (f"\u201c{TOKEN}\u201d", {Mistake.QUOTE}),
        (TOKEN[5:], {Mistake.NO_PREFIX}),
        (TOKEN.replace("enrt_", "ENRT_"), {Mistake.PREFIX_IN_OTHER_LETTERS}),
        (TOKEN.replace("enrt_", "enrt-"), {Mistake.PREFIX_IN_OTHER_LETTERS}),
        (TOKEN.lower(), {Mistake.LOWER_CASE}),
    ],
)
def test_what_stands_beside_a_token_is_named_and_can_be_left_out(text: str, mistakes: set[Mistake]) -> None:
    found = mistyping_of(text)
    assert (set(found.mistakes), found.is_token_without) == (mistakes, True)


@pytest.mark.parametrize(
    ("text", "mistakes", "digits"),
    [
        (TOKEN[:-4], {Mistake.TOO_SHORT}, 60),
        (TOKEN + "00", {Mistake.TOO_LONG}, 66),
        (TOKEN[:5] + OTHER_DIGIT + TOKEN[6:], {Mistake.CHECKSUM}, 64),
        (TOKEN[:5] + "O" + TOKEN[6:], {Mistake.NO_DIGITS}, 64),
        (TOKEN[:5] + "\u0664" + TOKEN[6:], {Mistake.NO_DIGITS}, 64),
        ("", {Mistake.NO_PREFIX, Mistake.TOO_SHORT}, 0),
        ("enrt_", {Mistake.TOO_SHORT}, 0),
    ],
)
def test_what_cannot_be_put_right_is_named_with_the_number_of_digits(
    text: str, mistakes: set[Mistake], digits: int
) -> None:
    assert mistyping_of(text) == (tuple(sorted(mistakes, key=list(Mistake).index)), digits, False)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (token_format.hint(TOKEN), Mistake.HINT),
        ("enrt_1D41...7960", Mistake.HINT),
        (f"{TOKEN}\n{TOKEN}", Mistake.SEVERAL),
        ("0b0b0b0b-0b0b-4b0b-8b0b-0b0b0b0b0b0b", Mistake.TOKEN_ID),
        (" 0B0B0B0B-0B0B-4B0B-8B0B-0B0B0B0B0B0B\n", Mistake.TOKEN_ID),
    ],
)
def test_what_is_something_else_is_called_by_its_name(text: str, mistake: Mistake) -> None:
    assert mistyping_of(text) == ((mistake,), 0, False)
