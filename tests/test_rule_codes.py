"""Rules and tests point to each other by codes (docs/design/README.md)."""

from __future__ import annotations

import re

import pytest

from tests.command_line import BASE_DIR
from tests.rule_codes import (
    DESIGN,
    codes_in,
    codes_named_by_tests,
    codes_of_name,
    defined_codes,
    files_that_people_write,
    files_that_test,
    functions_that_test,
)

pytestmark = pytest.mark.once


def test_every_rule_is_defined_once() -> None:
    assert sorted(defined_codes()) == sorted(set(defined_codes()))


def test_every_code_of_a_rule_is_defined() -> None:
    undefined = {
        f"{path.relative_to(BASE_DIR)}: {code}"
        for path in files_that_people_write()
        for code in codes_in(path.read_text()) - set(defined_codes())
    }
    assert undefined == set()


def test_every_code_in_the_name_of_a_test_is_defined() -> None:
    names = {test.name for path in files_that_test() for test in functions_that_test(path)}
    assert {name for name in names if not codes_of_name(name) <= set(defined_codes())} == set()


def test_every_rule_is_named_by_a_test() -> None:
    assert set(defined_codes()) - codes_named_by_tests() == set()


def test_names_of_tests_spell_a_code_in_one_way() -> None:
    families = "|".join({code.partition("-")[0].lower() for code in defined_codes() if "-" in code})
    names = {test.name for path in files_that_test() for test in functions_that_test(path)}
    assert {name for name in names if re.search(rf"_({families})_\d+(_|$)", name)} == set()


def test_every_section_of_the_contract_that_is_named_is_there() -> None:
    headings = set(re.findall(r"^##+ (\d(?:\.\d)?)\.? ", (DESIGN / "contract.md").read_text(), re.MULTILINE))
    named = re.compile(r"\b[Cc]ontract §?(\d(?:\.\d)?)")
    assert {section for path in files_that_people_write() for section in named.findall(path.read_text())} <= headings
