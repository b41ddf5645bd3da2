"""`python -m tests.pictures [NAME …]`: the pictures of README and docs/, all or these, taken from the running product.

With `--states FOLDER` it lays a picture of every page and state there instead, light and dark, wide and narrow, to be
looked at before a page is called done.
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
from tests.pictures.documents import IMAGES, PICTURES, Picture, file_of
from tests.pictures.instance import FACTORS_OF_BEN, LIVED_IN, READS
from tests.pictures.png import without_filters
from tests.pictures.records import record
from tests.pictures.states import STATES, states
from tests.service import PASSWORD, Service, running

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


def document_pictures(browser: Browser, service: Service, excel: str, names: list[str]) -> None:
    """Those of README and docs/, each as it is described there, and what each was taken of."""
    for name, picture in PICTURES.items():
        if not names or name in names:
            for language in picture.languages:
                service.shell(READS.format(username=picture.username, language=language))
                with signed_in(browser, service, picture.username, color_scheme="light") as visit:
                    reach(visit, picture, excel)
                    in_both_schemes(visit.page, name, language)
            # What the next picture presses is found by its English words.
            service.shell(READS.format(username=picture.username, language="en"))
            record(name)


def reach(visit: Visit, picture: Picture, excel: str) -> None:
    """What the picture shows is on the screen."""
    visit.page.set_viewport_size({"width": visit.width, "height": picture.height})
    visit.page.goto(picture.path.format(excel=excel))
    if picture.act:
        picture.act(visit)


def in_both_schemes(page: Page, name: str, language: str) -> None:
    """The same page, light and dark."""
    page.emulate_media(color_scheme="light")
    store(page, IMAGES / file_of(name, language, "light"))
    page.emulate_media(color_scheme="dark")
    store(page, IMAGES / file_of(name, language, "dark"))


def store(page: Page, image: Path) -> None:
    """The window as a small file."""
    image.parent.mkdir(parents=True, exist_ok=True)
    take(page, image, whole=False)
    size = image.write_bytes(without_filters(image.read_bytes()))
    print(image.relative_to(IMAGES), size, flush=True)
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


def wanted() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these pictures, or states")
    parser.add_argument("--states", type=Path, metavar="FOLDER", help="where pictures of every page and state go")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(STATES if arguments.states else PICTURES):
        parser.error(f"no such picture: {', '.join(sorted(unknown))}")
    return arguments


def main() -> None:
    """Start an instance, fill it, and take the pictures."""
    arguments = wanted()
    with (
        tempfile.TemporaryDirectory() as data,
        running(Path(data)) as service,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=programs.chromium(), args=ARGUMENTS)
        ids = service.shell(LIVED_IN.format(password=PASSWORD)).split()
        service.shell(FACTORS_OF_BEN)
        if arguments.states:
            contact_set(browser, service, arguments.states, ids, arguments.names)
        else:
            document_pictures(browser, service, ids[0], arguments.names)
        browser.close()


if __name__ == "__main__":
    main()
