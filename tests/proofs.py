"""`python -m tests.proofs`: writes into docs/security.md which files of tests name each row of what must hold.

A file that names a row is not wrong for being left out: run it again where tests have come or gone.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.command_line import BASE_DIR
from tests.long_figures import HEADING
from tests.rule_codes import DESIGN, codes_of_file, files_that_test

DOCUMENT = BASE_DIR / "docs" / "security.md"
BEGIN = "<!-- proofs -->\n"
FAMILIES = ("AVA", "TXT", "EDIT", "MANY")


class Row(NamedTuple):
    """What must hold."""

    code: str
    says: str


def rows() -> list[Row]:
    """The rows of docs/design/security.md, and the rules that belong to them."""
    found = [Row(*row) for row in re.findall(r"^\| (T\d+) \| (.+?) \| ", security(), re.MULTILINE)]
    rules = re.findall(
        rf"^- \*\*((?:{'|'.join(FAMILIES)})-\d+)\*\* ((?:.+\n)(?:  .+\n)*)",
        (DESIGN / "rules.md").read_text(),
        re.MULTILINE,
    )
    return found + [Row(code, " ".join(says.split())) for code, says in rules]


def security() -> str:
    """The page that says what must hold."""
    return (DESIGN / "security.md").read_text()


def proofs() -> dict[str, list[str]]:
    """The files of tests that name each code."""
    found: dict[str, list[str]] = {}
    for path in sorted(files_that_test()):
        for code in codes_of_file(path):
            found.setdefault(code, []).append(str(path.relative_to(BASE_DIR)))
    return found


def table() -> str:
    """The table: what must hold, and where it is proven."""
    proven = proofs()
    lines = ["| row | what must hold | proven by |", "|---|---|---|"]
    for row in rows():
        files = ", ".join(f"[{name.removeprefix('tests/')}](../{name})" for name in proven[row.code])
        lines.append(f"| {row.code} | {row.says} | {files} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    head, begin, rest = DOCUMENT.read_text().partition(BEGIN)
    _table, heading, figures = rest.partition(f"\n{HEADING}")
    DOCUMENT.write_text(f"{head}{begin}\n{table()}{heading}{figures}")
