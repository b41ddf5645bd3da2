"""A browser, and visits in it that hold every page to the bars of the interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests import programs
from tests.browser.visit import ARGUMENTS, Visit
from tests.service import Service

Open = Callable[..., Visit]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests come last: while Playwright runs, Django takes this process for one with an event loop."""
    items.sort(key=lambda item: "tests/browser/" in item.path.as_posix())


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all visits."""
    path = programs.chromium()
    if path is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_visit(chromium: Browser, service: Service) -> Iterator[Open]:
    """Opens visits: `open_visit(width=360)`. After the test none may have left an unexpected line in the console."""
    visits: list[Visit] = []

    def open_one(**options: Any) -> Visit:
        visits.append(Visit(chromium, service, **options))
        return visits[-1]

    yield open_one
    unexpected = [line for visit in visits for line in visit.close()]
    assert unexpected == []


@pytest.fixture(params=[1280, 360], ids="{}px".format)
def width(request: pytest.FixtureRequest) -> int:
    """The width of the window, in pixels."""
    return int(request.param)


@pytest.fixture
def visit(open_visit: Open, width: int) -> Visit:
    """A visit with JavaScript."""
    return open_visit(width=width)
