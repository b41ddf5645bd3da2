"""What explained.txt explains is there: `make mutation` says so too, and takes an hour."""

from __future__ import annotations

import re

import pytest

from tests import long_figures
from tests.mutation.explained import explanations
from tests.mutation.rooms import ROOMS, ROOT

pytestmark = pytest.mark.once


def test_each_explained_mutant_is_of_a_function_in_a_room() -> None:
    files = {str(path.relative_to(ROOT)): path for room in ROOMS.values() for path in room.files()}
    for mutant, reason in explanations().items():
        file, function, _change = mutant.split(":", 2)
        assert f"def {function.rpartition('.')[2]}(" in files[file].read_text()
        assert reason


def test_each_room_has_figures_or_is_named_as_one_without() -> None:
    text = long_figures.DOCUMENT.read_text()
    (without,) = re.findall(r"^\*\*Mutation\*\*, rooms without figures: (.+?)\. ", text, re.MULTILINE)
    for room in ROOMS:
        assert long_figures.has(f"mutation of {room}") != (f"`{room}`" in without)


def test_each_room_has_code_and_tests() -> None:
    for room in ROOMS.values():
        assert room.files()
        assert all((ROOT / tests).exists() for tests in room.tests)


def test_each_file_of_the_lifecycle_is_in_a_room() -> None:
    tried = {path for room in ROOMS.values() for path in room.files()}
    assert set((ROOT / "reference_tokens/lifecycle").glob("*.py")) - tried == {
        ROOT / "reference_tokens/lifecycle/__init__.py"
    }
