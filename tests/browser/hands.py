"""Hands that do what a page asks for, and count: with a mouse or a finger, or with the keyboard alone.

A click is each press of a link, a button or a box. What is typed or pasted is none, nor is the way into its field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.visit import Visit

# Many more than a page of 50 tokens has places to stop at.
STOPS = 600
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
HAS_FOCUS = "place => place === document.activeElement"


class Hand:
    """A mouse, or on a narrow screen a finger."""

    def __init__(self, visit: Visit) -> None:
        self.visit, self.page, self.clicks = visit, visit.page, 0

    def press(self, place: Locator) -> None:
        """One click; what is pressed stands on a page that does not scroll sideways."""
        expect(place).to_be_visible()
        assert self.page.evaluate(SIDEWAYS) <= 0, self.page.url
        self.clicks += 1
        self.act_on(place)

    def act_on(self, place: Locator) -> None:
        if self.visit.width < 500:
            place.tap()
        else:
            place.click()

    def write(self, text: str, place: Locator) -> None:
        """Type or paste a text into a field."""
        place.fill(text)


class Keys(Hand):
    """The keyboard alone: Tab leads to what is pressed, Enter or Space presses it."""

    def reach(self, place: Locator) -> None:
        expect(place).to_be_visible()
        for _stop in range(STOPS):
            if place.evaluate(HAS_FOCUS):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {place}")

    def act_on(self, place: Locator) -> None:
        self.reach(place)
        self.page.keyboard.press("Space" if place.get_attribute("type") == "checkbox" else "Enter")

    def write(self, text: str, place: Locator) -> None:
        self.reach(place)
        self.page.keyboard.insert_text(text)
