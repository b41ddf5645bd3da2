"""T76: what is answered at `/leaks/lookup` does not tell how many live tokens there are, nor which rests are theirs."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable
from typing import Any

import pytest

from reference_tokens.leaks.padding import HOUR, LEAST_RESTS, SOME_MORE, YEAR, Padding

PREFIX, NOW = "1a2b3", 1_800_000_000
PREFIXES = [f"{number:05x}" for number in range(500)]


def rests(prefix: str = PREFIX, live: Iterable[str] = (), ended: Iterable[str] = (), at: int = NOW) -> list[str]:
    return Padding(at).rests(prefix, list(live), list(ended))


def of_tokens(number: int) -> list[str]:
    return [f"{one:059x}" for one in range(number)]


def test_t76_the_number_of_rests_differs_by_prefix_and_has_a_least() -> None:
    numbers = {len(rests(prefix)) for prefix in PREFIXES}
    assert numbers == set(range(LEAST_RESTS, LEAST_RESTS + SOME_MORE + 1))


@pytest.mark.parametrize(("live", "ended"), [(0, 0), (1, 0), (0, 1), (3, 2), (16, 0), (0, 100), (16, 100)])
def test_t76_the_number_of_rests_does_not_depend_on_the_tokens(live: int, ended: int) -> None:
    tokens = of_tokens(live + ended)
    answered = rests(live=tokens[:live], ended=tokens[live:])
    assert len(answered) == len(set(answered)) == len(rests())
    assert set(tokens[:live]) <= set(answered)
    assert not set(tokens[live:]) & set(answered)


def test_t76_more_live_tokens_than_places_are_all_answered() -> None:
    tokens = of_tokens(30)
    assert rests(live=tokens, ended=["f" * 59]) == sorted(tokens)


def test_t76_the_order_of_the_rests_tells_nothing() -> None:
    assert rests(live=["8" * 59]) == sorted(rests(live=["8" * 59]))


def test_t76_asked_twice_the_answer_is_the_same() -> None:
    assert rests() == rests()


def test_t76_no_two_prefixes_have_a_made_up_rest_in_common() -> None:
    every = [rest for prefix in PREFIXES for rest in rests(prefix)]
    assert len(every) == len(set(every))


def test_t76_made_up_rests_are_of_the_secret_key(settings: Any) -> None:
    before = rests()
    settings.SECRET_KEY = "another-" * 10
    assert not set(rests()) & set(before)


def test_t76_made_up_rests_stay_the_same_over_releases(settings: Any) -> None:
    """Where all of them changed at once, those that stay would be those of tokens."""
    settings.SECRET_KEY = "made up rests " * 4
    every = [rest for prefix in PREFIXES[:50] for rest in rests(prefix, ended=of_tokens(3))]
    assert hashlib.sha256(" ".join(every).encode()).hexdigest()[:16] == "40f08bb6dd93d0b7"


def test_t76_made_up_rests_come_and_go_each_at_an_instant_of_its_own_as_those_of_tokens_do(settings: Any) -> None:
    # By another key two of them may now and then meet in an hour.
    settings.SECRET_KEY = "made up rests " * 4
    answers = [set(rests(at=NOW + hours * HOUR)) for hours in range(24 * 60)]
    changes = [len(before - after) for before, after in itertools.pairwise(answers)]
    assert sum(changes) > 0
    assert max(changes) <= 2
    assert not answers[0] & set(rests(at=NOW + YEAR))


def test_t76_a_token_that_comes_and_goes_looks_like_a_made_up_rest_that_does() -> None:
    before = set(rests())
    during = set(rests(live=of_tokens(1)))
    after = set(rests(ended=of_tokens(1)))
    assert (len(before - during), len(during - before)) == (1, 1)
    assert (len(during - after), len(after - during)) == (1, 1)
    # The one that made room does not come back: that would tell that a token took its place for a time.
    assert not (before - during) & after
