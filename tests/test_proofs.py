"""docs/security.md: each row of what must hold stands in its table, with files of tests that name it."""

from __future__ import annotations

import re

import pytest

from tests.proofs import BEGIN, DOCUMENT, proofs, rows

pytestmark = pytest.mark.once

TABLE = DOCUMENT.read_text().partition(BEGIN)[2]
TOLD = {
    code: re.findall(r"\]\(\.\./(\S+?)\)", files)
    for code, files in re.findall(r"^\| (\S+) \| .* \| (.+) \|$", TABLE, re.MULTILINE)
}


@pytest.fixture(scope="module")
def named() -> dict[str, list[str]]:
    """The files that name each row."""
    return proofs()


def test_the_table_has_every_row_in_its_words() -> None:
    assert [f"| {row.code} | {row.says} |" for row in rows() if f"| {row.code} | {row.says} |" not in TABLE] == []


@pytest.mark.parametrize("code", [row.code for row in rows()])
def test_every_row_is_proven_by_files_that_name_it(code: str, named: dict[str, list[str]]) -> None:
    assert TOLD[code]
    assert set(TOLD[code]) <= set(named[code])
