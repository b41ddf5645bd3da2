"""A browser, and visits in it that hold every page to the bars of the interface."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests import programs
from tests.browser.visit import ARGUMENTS, Visit
from tests.large_instance import Large, large_instance
from tests.service import Service

Open = Callable[..., Visit]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests come last: while Playwright runs, Django takes this process for one with an event loop.

    The file with the most of them comes first among them, and that with the large instance: where the slowest came
    last of all, another process had nothing left to do.
    """
    in_browser = Counter(item.path for item in items if "tests/browser/" in item.path.as_posix())
    large = {item.path: len(items) for item in items if "large" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: (item.path in in_browser, -large.get(item.path, in_browser[item.path])))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all visits."""
    path = programs.chromium_without_windows()
    if path is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def visits_of(chromium: Browser, service: Service) -> Iterator[Open]:
    """Opens visits: `open_visit(width=360)`. In the end none may have left an unexpected line in the console."""
    visits: list[Visit] = []

    def open_one(**options: Any) -> Visit:
        visits.append(Visit(chromium, service, **options))
        return visits[-1]

    yield open_one
    unexpected = [line for visit in visits for line in visit.close()]
    assert unexpected == []


@pytest.fixture
def open_visit(chromium: Browser, service: Service) -> Iterator[Open]:
    """Opens visits of the service with the example of `quickstart`."""
    with visits_of(chromium, service) as open_one:
        yield open_one


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Large]:
    """A service with 400 applications and 50,000 tokens."""
    with large_instance(tmp_path_factory.mktemp("large")) as instance:
        yield instance


@pytest.fixture(params=[1280, 360], ids="{}px".format)
def width(request: pytest.FixtureRequest) -> int:
    """The width of the window, in pixels."""
    return int(request.param)


@pytest.fixture
def visit(open_visit: Open, width: int) -> Visit:
    """A visit with JavaScript."""
    return open_visit(width=width)
