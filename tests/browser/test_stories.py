"""An administrator's daily work on an instance as large as a company's: in few clicks, on every kind of screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Open, visits_of
from tests.browser.hands import Hand, Keys
from tests.browser.stories import STORIES, Cast, casts
from tests.browser.visit import COLOUR_RULES
from tests.large_instance import Large

pytestmark = pytest.mark.once

HOME = "/manage/"


class Way(NamedTuple):
    """How somebody works: on a wide or a narrow screen, with or without JavaScript, in a light or a dark theme."""

    width: int = 1280
    javascript: bool = True
    color_scheme: str = "light"
    hand: type[Hand] = Hand


WAYS = {
    "wide": Way(),
    "narrow": Way(width=360, color_scheme="dark"),
    "plain1280": Way(javascript=False, color_scheme="dark"),
    "plain360": Way(width=360, javascript=False),
    "keys": Way(color_scheme="dark", hand=Keys),
}
TOLD = [
    pytest.param(story, way, id=f"{story}-{way}")
    for story in STORIES
    for way in WAYS
    if (story, way) != ("refused", "keys")
]


@pytest.fixture(scope="module")
def prepared(large: Large) -> dict[str, Cast]:
    """What the stories are about, each time that they are told."""
    return casts(large.service, WAYS)


@pytest.fixture(scope="module")
def session(chromium: Browser, large: Large) -> Any:
    """The cookies of an administrator who has signed in."""
    with visits_of(chromium, large.service) as open_visit:
        visit = open_visit()
        visit.sign_in(large.administrator, to=HOME)
        return visit.context.storage_state()


@pytest.fixture
def open_signed_in(chromium: Browser, large: Large) -> Iterator[Open]:
    with visits_of(chromium, large.service) as open_visit:
        yield open_visit


@pytest.mark.parametrize(("story", "way"), TOLD)
def test_daily_work_takes_few_clicks(
    open_signed_in: Open, session: Any, large: Large, prepared: dict[str, Cast], story: str, way: str
) -> None:
    told, how = STORIES[story], WAYS[way]
    visit = open_signed_in(
        storage_state=session, width=how.width, javascript=how.javascript, color_scheme=how.color_scheme
    )
    visit.page.goto(HOME)
    hand = how.hand(visit)
    tokens = told.done(hand, prepared[way])
    assert hand.clicks <= told.most_clicks
    assert [large.service.holder_of(token) for token in tokens] == [None] * len(tokens)
    if how.javascript:
        assert visit.violations(how.color_scheme, COLOUR_RULES, "rule") == []
