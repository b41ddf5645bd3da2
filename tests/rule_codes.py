"""The codes of rules: which docs/design defines, and which tests name."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

from tests.command_line import BASE_DIR

DESIGN = BASE_DIR / "docs" / "design"
# Where codes of rules stand: the files that people write. Lock files and what others made hold hashes and other codes.
WRITTEN = {".py", ".md", ".html", ".css", ".js", ".mjs", ".sh", ".conf", ".lua", ".cfg", ".yaml"}
OF_OTHERS = {"vendor", "node_modules", "var", "migrations"}
CODE = re.compile(r"\b(?:[A-Z]{3,6}-\d{1,2}|T\d{1,2})\b")
# Codes of this shape that are the names of other people's standards.
STANDARDS = {"BSD-2", "BSD-3", "CRC-32", "LGPL-3", "MIT-0", "MPL-2", "PSF-2", "UCS-2", "UTC-03", "UTF-8"}


def files_that_people_write() -> list[Path]:
    """The files of the repository in which a rule may be named."""
    found = []
    for folder, folders, names in os.walk(BASE_DIR):
        folders[:] = [name for name in folders if name == ".ci" or not (name.startswith(".") or name in OF_OTHERS)]
        paths = (Path(folder) / name for name in names)
        found += [path for path in paths if path.suffix in WRITTEN or path.parent.name == ".ci"]
    return found


def codes_in(text: str) -> set[str]:
    """The codes of rules that a text names."""
    return set(CODE.findall(text)) - STANDARDS


def codes_of_name(name: str) -> set[str]:
    """The codes with which the name of a test begins: `test_t42_tok3_…` names T42 and TOK-3."""
    found = set()
    for part in name.split("_")[1:]:
        if not (code := re.fullmatch(r"([a-z]{1,6})(\d{1,2})", part)):
            break
        found.add(f"T{code[2]}" if code[1] == "t" else f"{code[1].upper()}-{code[2]}")
    return found


def functions_that_test(path: Path) -> list[ast.FunctionDef]:
    """The tests of a file."""
    nodes = ast.walk(ast.parse(path.read_text()))
    return [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


def files_that_test() -> list[Path]:
    """The files that hold tests."""
    return [path for path in (BASE_DIR / "tests").rglob("test_*.py") if OF_OTHERS.isdisjoint(path.parts)]


def codes_of_file(path: Path) -> set[str]:
    """The codes that stand in the name or the docstring of a test, or in the docstring of its file."""
    tests = functions_that_test(path)
    named = [codes_of_name(test.name) | codes_in(ast.get_docstring(test) or "") for test in tests]
    return codes_in(ast.get_docstring(ast.parse(path.read_text())) or "").union(*named)


def codes_named_by_tests() -> set[str]:
    """The codes that tests name."""
    return set().union(*map(codes_of_file, files_that_test()))


def defined_codes() -> list[str]:
    """The codes that docs/design defines: a rule begins a line, a row its table."""
    rules = re.findall(r"^- \*\*([A-Z]+-\d+)\*\* ", (DESIGN / "rules.md").read_text(), re.MULTILINE)
    return rules + re.findall(r"^\| (T\d+) \|", (DESIGN / "security.md").read_text(), re.MULTILINE)
