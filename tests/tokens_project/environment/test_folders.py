"""Settings that name a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tokens_project.environment.reading_settings import Given, refused
from tokens_project import environment as env

pytestmark = pytest.mark.once


def test_folder_may_be_missing_and_is_not_made_by_reading_its_name(given: Given, tmp_path: Path) -> None:
    given(str(tmp_path / "a" / ".." / "b" / "c"))
    assert env.folder("NAME", Path("unused")) == tmp_path / "b" / "c"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", ["/dev/null/below", "/proc/none"])
def test_folder_that_cannot_be_made_is_refused_where_it_is_to_be_made(folder: str) -> None:
    assert refused(lambda: env.make_folder("NAME", Path(folder)), folder)


@pytest.mark.parametrize("value", ["/dev/null", "/dev/null/below", "/" + "long" * 99])
def test_folder_that_cannot_be_made_is_refused(given: Given, value: str) -> None:
    given(value)
    assert refused(lambda: env.folder("NAME", Path("unused")), value)


@pytest.mark.parametrize("value", ["/dev/null/below", "/proc/none"])
def test_folder_that_is_not_needed_may_stay_missing(given: Given, value: str) -> None:
    given(value)
    assert env.folder("NAME", Path("unused"), is_needed=False) == Path(value)


def test_folder_that_is_not_needed_may_lead_in_a_circle(given: Given, tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    given(f"{tmp_path}/circle")
    assert env.folder("NAME", Path("unused"), is_needed=False) == tmp_path / "circle"


def test_folder_whose_links_lead_in_a_circle_is_refused(given: Given, tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    given(f"{tmp_path}/circle")
    assert refused(lambda: env.folder("NAME", Path("unused")), f"{tmp_path}/circle")
