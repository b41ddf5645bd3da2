"""How many clicks the daily work of an administrator takes, from Home on."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Browser

from tests.audit_ui.places import signed_in
from tests.bench.bars import Finding, at_most
from tests.browser.hands import Hand
from tests.browser.stories import STORIES, casts
from tests.large_instance import Large


def clicks(browser: Browser, large: Large) -> Iterator[Finding]:
    """Each story once, as the tests tell it."""
    cast = casts(large.service, ["audit"])["audit"]
    visit = signed_in(browser, large, large.administrator)
    for story in STORIES.values():
        visit.page.goto("/manage/")
        hand = Hand(visit)
        story.done(hand, cast)
        yield at_most(f"{story.what}: clicks", story.most_clicks, hand.clicks, digits=0)
    visit.close()
