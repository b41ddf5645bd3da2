"""What lists of commands share: rows are printed as they are read, in little memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management.base import CommandParser

from accounts import commands
from accounts.commands import ListCommand
from accounts.progress import Report

pytestmark = pytest.mark.once


class Numbers(ListCommand):
    help = "List numbers."
    example = "numbers"
    member, nothing = "numbers", "No numbers."
    columns = ("number", "names", "is_even")

    def __init__(self, count: int) -> None:
        self.written = StringIO()
        super().__init__(stdout=self.written)
        self.count = count
        self.printed_before: list[int] = []

    def add_options(self, parser: CommandParser) -> None:
        """None."""

    def rows(self, options: dict[str, Any], report: Report) -> Iterator[dict[str, Any]]:
        for number in range(self.count):
            self.printed_before.append(len(self.written.getvalue()))
            yield {"number": 10**number, "names": ["a", "b"][:number], "is_even": number % 2 == 0}

    def output(self, **options: Any) -> str:
        self.handle(**{"verbosity": 1, "json": False} | options)
        return self.written.getvalue()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_list_is_one_json_object_whatever_its_length(count: int) -> None:
    text = Numbers(count).output(json=True)
    assert text == json.dumps(json.loads(text)) + "\n"
    assert [row["number"] for row in json.loads(text)["numbers"]] == [10**number for number in range(count)]


def test_a_row_is_printed_before_the_next_one_is_read() -> None:
    numbers = Numbers(3)
    numbers.output(json=True)
    assert numbers.printed_before == sorted(set(numbers.printed_before))


def test_a_table_has_a_line_a_row_and_widens_with_later_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "LAID_OUT_AT_ONCE", 2)
    assert Numbers(9).output().splitlines()[:4] == [
        "NUMBER  NAMES  IS EVEN",
        "1       -      yes",
        "10      a      no",
        "100     a b    yes",
    ]
    assert Numbers(9).output().splitlines()[-1] == "100000000  a b    yes"


def test_where_there_is_nothing_it_is_said() -> None:
    assert Numbers(0).output() == "No numbers.\n"
