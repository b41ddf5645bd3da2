"""Rows as files: CSV after RFC 4180 for spreadsheets, and JSON Lines for programs."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from accounts.text.normal_forms import nfkc

if TYPE_CHECKING:
    from datetime import datetime

# What a spreadsheet takes for the beginning of a formula (T40), in letters of any width, behind white space too.
FORMULA_STARTS = ("=", "+", "-", "@", "|", "%")
# By it Excel knows UTF-8 from the code page of its machine.
BYTE_ORDER_MARK = "\ufeff"
Row = dict[str, Any]
Rows = Iterable[Row]


def iso_utc(instant: datetime | None) -> str:
    """An instant as ISO 8601 has it; nothing for none."""
    return f"{instant.isoformat()[:19]}Z" if instant else ""


class _Line:
    """A file of one line: gives back what is written."""

    def write(self, text: str) -> str:
        return text


def as_csv(rows: Rows, columns: Sequence[str]) -> Generator[str, None, None]:
    """The rows below the names of the columns, no cell of which a spreadsheet takes for a formula."""
    # In quotes throughout: where a decimal comma is usual, a semicolon separates cells.
    write = csv.writer(_Line(), quoting=csv.QUOTE_ALL).writerow
    yield BYTE_ORDER_MARK + str(write(columns))
    for row in rows:
        yield str(write([harmless_cell(cell_of(row[name])) for name in columns]))


def as_json_lines(rows: Rows, columns: Sequence[str]) -> Generator[str, None, None]:
    """One object a line, as it is: programs run no formulas."""
    for row in rows:
        yield json.dumps({name: row[name] for name in columns}, ensure_ascii=False) + "\n"


def cell_of(value: Any) -> str:
    """A value as the text of a cell: what is no text as JSON has it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def harmless_cell(cell: str) -> str:
    """The text of a cell, behind an apostrophe where it begins like a formula."""
    plain = nfkc(cell)
    starts = plain.lstrip().startswith(FORMULA_STARTS) or plain.startswith(("\t", "\r", "\n"))
    return f"'{cell}" if starts else cell


# By the ending of the file: what it is, and how its rows are written.
FORMATS: dict[str, tuple[str, Callable[[Rows, Sequence[str]], Generator[str, None, None]]]] = {
    "csv": ("text/csv; charset=utf-8; header=present", as_csv),
    "jsonl": ("application/jsonl; charset=utf-8", as_json_lines),
}
# The formats as buttons name them.
LABELS = {"csv": _("CSV"), "jsonl": _("JSON Lines")}
