"""`python -m tests.pictures`: the pictures of README and docs/, taken from the running product.

With a folder as its argument it also lays a picture of every page and state there, light and dark, wide and narrow,
to be looked at before a page is called done.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests import programs
from tests.browser.visit import ARGUMENTS, Visit
from tests.command_line import BASE_DIR
from tests.pictures.documents import pictures
from tests.pictures.instance import FACTORS_OF_BEN, LIVED_IN
from tests.pictures.png import without_filters
from tests.pictures.states import states
from tests.service import PASSWORD, Service, running

IMAGES = BASE_DIR / "docs" / "images"
LARGEST_IMAGE = 150_000


def take(page: Page, path: Path, *, whole: bool = True) -> None:
    """A picture of the page, or of the window where a dialog, a menu or the focus matters."""
    page.wait_for_timeout(100)
    open_parts = page.locator("dialog[open], [popover]:popover-open:not(.exact), [name=impact_seen]")
    page.screenshot(path=path, full_page=whole and not open_parts.count())


@contextmanager
def signed_in(browser: Browser, service: Service, username: str, **options: Any) -> Iterator[Visit]:
    """A visit of somebody, or of nobody, ended after the block."""
    visit = Visit(browser, service, **options)
    if username:
        code = service.shell(FACTORS_OF_BEN) if username == "ben" else ""
        visit.sign_in(username, PASSWORD, to="/profile/", code=code)
    try:
        yield visit
    finally:
        visit.close()


def document_pictures(browser: Browser, service: Service, excel: str) -> None:
    """Those of README and docs/, each as it is described there."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name, (username, path, height, act) in pictures(excel).items():
        with signed_in(browser, service, username, color_scheme="light") as visit:
            visit.page.set_viewport_size({"width": visit.width, "height": height})
            visit.page.goto(path)
            if act:
                act(visit)
            image = IMAGES / f"{name}.png"
            take(visit.page, image, whole=False)
            size = image.write_bytes(without_filters(image.read_bytes()))
            print(image.relative_to(BASE_DIR), size)
            assert size < LARGEST_IMAGE


def contact_set(browser: Browser, service: Service, folder: Path, ids: list[str], only: list[str]) -> None:
    """Every page and state, light and dark, wide and narrow."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {name: state for name, state in states(*ids).items() if not only or name in only}
    for width in (1280, 360):
        for scheme in ("light", "dark"):
            for username in sorted({state[0] for state in wanted.values()}):
                with signed_in(browser, service, username, width=width, color_scheme=scheme) as visit:
                    for name in (name for name, state in wanted.items() if state[0] == username):
                        visit.page.goto(wanted[name][1])
                        if act := wanted[name][2]:
                            act(visit)
                        take(visit.page, folder / f"{name}-{width}-{scheme}.png")


def main() -> None:
    """Start an instance, fill it, and take the pictures."""
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="where the pictures of every page and state go")
    parser.add_argument("states", nargs="*", help="only these pages and states")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as data,
        running(Path(data)) as service,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=programs.chromium(), args=ARGUMENTS)
        ids = service.shell(LIVED_IN.format(password=PASSWORD)).split()
        service.shell(FACTORS_OF_BEN)
        if not arguments.states:
            document_pictures(browser, service, ids[0])
        if arguments.folder:
            contact_set(browser, service, arguments.folder, ids, arguments.states)
        browser.close()


if __name__ == "__main__":
    main()
