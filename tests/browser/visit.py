"""One browser session on the product: everything it says is recorded, every state it is in can be checked."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page, expect

from tests.concurrency import PATIENCE
from tests.service import PASSWORD, Service

if TYPE_CHECKING:
    from collections.abc import Sequence

SWITCHES = "no-sandbox disable-gpu disable-quic no-first-run disable-background-networking"
ARGUMENTS = [f"--{switch}" for switch in [*SWITCHES.split(), "disable-component-update", "disable-sync"]]
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What a theme can change; all else is checked once.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
TOKENS = "/profile/security/tokens/"
APPLICATIONS = "/manage/security/trusted-apps/"
INVENTORY = "/manage/security/tokens/"
USERS = "/manage/security/users/"
# How many bytes a page may cost somebody who has never been here.
FIRST_LOAD = 40_000
# The rows of the list: how high each is, how many are seen, and how many fit once the list is scrolled to.
ROWS = """() => {
  const rows = [...document.querySelectorAll("tbody tr")].map(row => row.getBoundingClientRect());
  return {heights: rows.map(row => row.height),
          seen: rows.filter(row => row.bottom <= innerHeight).length,
          fit: rows.filter(row => row.bottom - rows[0].top <= innerHeight).length};
}"""
PLAIN_TEXT = re.compile(r"enrt_[0-9A-F]{64}")
expect.set_options(timeout=15_000)


class Visit:
    """A browser context with one page at first.

    `expected` are the patterns of the console lines that the visit causes on purpose: Chromium itself reports a
    form's 422 and a lost connection as resources that failed to load.
    """

    def __init__(
        self, browser: Browser, service: Service, *, width: int = 1280, javascript: bool = True, **options: Any
    ) -> None:
        self.service = service
        self.javascript = javascript
        # On a busy machine the test is in the first field before the page is, as a quick person may be.
        self.expected: list[str] = ["Autofocus processing was blocked because a document already has a focused"]
        self.lines: list[str] = []
        self.width, self.height = width, 800 if width > 500 else 740
        self.context = browser.new_context(
            base_url=service.address,
            viewport={"width": self.width, "height": self.height},
            has_touch=width < 500,
            java_script_enabled=javascript,
            reduced_motion="reduce",
            timezone_id="Europe/Berlin",
            permissions=["clipboard-read", "clipboard-write"],
            **options,
        )
        self.context.set_default_timeout(15_000)
        self.page = self.new_page()

    def new_page(self) -> Page:
        """Another tab, listened to as well."""
        page = self.context.new_page()
        page.on("console", lambda message: self.lines.append(f"{urlsplit(page.url).path}: {message.text}"))
        page.on("pageerror", lambda error: self.lines.append(f"{urlsplit(page.url).path}: {error}"))
        page.on("dialog", lambda dialog: self.lines.append(f"{urlsplit(page.url).path}: a dialog, {dialog.message}"))
        return page

    def close(self) -> list[str]:
        """End the visit; returns what was said in the console against expectation."""
        self.context.close()
        return [line for line in self.lines if not any(re.search(pattern, line) for pattern in self.expected)]

    def expect_refusal(self, status: int) -> None:
        """Chromium may report answers with this status."""
        self.expected.append(f"Failed to load resource: the server responded with a status of {status} ")

    # What people do

    def sign_in(self, username: str, password: str = PASSWORD, to: str = TOKENS, code: str = "") -> None:
        """Go to a page as somebody who is not signed in: sign in, with a code where there is one, and be there."""
        self.page.goto(to)
        assert urlsplit(self.page.url).path == "/accounts/login/"
        self.page.get_by_label("User name or e-mail address").fill(username)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        if code:
            self.page.locator("input[name=code]").fill(code)
            self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_url(f"**{to}")

    def open_form(self, label: str = "Create user access token") -> Locator:
        """Open the form that issues a token; returns what it stands in: the dialog, or without script the page."""
        self.page.get_by_role("link", name=label).first.click()
        return self.box

    def choose_application(self, name: str, which: str = "") -> None:
        """Choose the application of a token; where one alone is open, the form of that is there at once."""
        search, description = self.box.get_by_label("Trusted Application"), self.box.get_by_label("Description")
        expect(search.or_(description)).to_be_visible()
        if search.count():
            search.press_sequentially(name)
            if not self.javascript:
                self.box.get_by_role("button", name="Find").click()
            self.box.locator(f".option{which}", has_text=name).first.click()
        expect(self.box.get_by_text(name).first).to_be_visible()
        expect(description).to_be_visible()

    @property
    def box(self) -> Locator:
        """Where a task is done: in the open dialog, or without script on the page."""
        return self.page.locator("dialog[open]" if self.javascript else "main")

    def choose(self, name: str) -> None:
        """Choose the card of an expiration time or of a policy."""
        self.page.locator("label.choice", has_text=re.compile(rf"^\s*{re.escape(name)}")).click()

    def plain_text(self) -> str:
        """The token that is shown this once."""
        secret = self.page.locator("[data-secret]")
        expect(secret).to_have_count(1)
        text = secret.inner_text()
        assert PLAIN_TEXT.fullmatch(text)
        return text

    def reload_until(self, place: Locator, text: str) -> None:
        """Reload the page until it says so in this place."""
        deadline = time.monotonic() + PATIENCE
        while text not in place.inner_text():
            assert time.monotonic() < deadline
            self.page.reload()

    def row(self, name: str) -> Locator:
        """The row of the list that starts with this name."""
        return self.page.get_by_role("row").filter(has=self.page.get_by_role("rowheader").filter(has_text=name))

    @property
    def focused(self) -> str:
        """What has the focus: its name, or else its text."""
        name = (
            "(e => (e.getAttribute('aria-label') || e.innerText || e.id || e.tagName).trim())(document.activeElement)"
        )
        return str(self.page.evaluate(name))

    # What holds everywhere

    def first_load(self, path: str) -> list[float]:
        """Go to a page as somebody who has never been here; returns the bytes over the wire of each part of it."""
        sizes: list[float] = []
        session = self.context.new_cdp_session(self.page)
        session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        session.send("Network.enable")
        session.send("Network.clearBrowserCache")
        self.page.goto(path, wait_until="networkidle")
        session.detach()
        return sizes

    def check(self) -> None:
        """No violation for axe, light and dark, nothing that is closed in sight, nor to scroll sideways at 320 px."""
        expect(self.page.locator("[data-busy], .htmx-request")).to_have_count(0)
        # From the top: axe takes what the bar half covers while the page is scrolled for too small a target.
        self.page.evaluate("scrollTo(0, 0)")
        found = self.violations("light", STANDARDS) + self.violations("dark", COLOUR_RULES, "rule")
        assert not found, "\n".join(found)
        # The navigation stands beside the page on a wide screen.
        assert not self.page.evaluate(
            "[...document.querySelectorAll('[popover]:not(nav, :popover-open)')].some(e => e.checkVisibility())"
        )
        if self.width < 500:
            self.page.set_viewport_size({"width": 320, "height": self.height})
            assert self.page.evaluate("document.documentElement.scrollWidth") <= 320
            assert self.page.evaluate(
                "[...document.querySelectorAll('dialog[open]')].every(e => e.scrollWidth <= e.clientWidth)"
            )
            self.page.set_viewport_size({"width": self.width, "height": self.height})

    def violations(self, scheme: Any, values: Sequence[str], kind: str = "tag") -> list[str]:
        """What axe finds in this colour scheme."""
        self.page.emulate_media(color_scheme=scheme)
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE)
        result = self.page.evaluate(
            "runOnly => axe.run(document, {runOnly, resultTypes: ['violations']})", {"type": kind, "values": values}
        )
        assert result["testEngine"]["version"]
        return [
            f"{urlsplit(self.page.url).path} {scheme} {self.width}: {found['id']} {node['html'][:160]}"
            for found in result["violations"]
            for node in found["nodes"]
        ]

    def nowhere(self, text: str) -> bool:
        """Whether a text stands nowhere on the page: neither in markup, field and address nor in a browser's store."""
        everywhere = self.page.evaluate(
            """() => document.documentElement.outerHTML + location.href
            + [...document.querySelectorAll('input, textarea')].map(field => field.value)
            + JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), history.state])"""
        )
        return text not in everywhere
