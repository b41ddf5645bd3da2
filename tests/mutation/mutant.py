"""A function with one thing changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import CodeType


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed function; `name` says where and what, and stays the same when lines move."""

    name: str
    line: int
    path: Path
    function: str
    code: CodeType


def code_of(source: str, path: Path, function: str) -> CodeType | None:
    """The code of this function in the source; None where the source is none."""
    try:
        codes: list[CodeType] = [compile(source, str(path), "exec", dont_inherit=True)]
    except SyntaxError:
        return None
    while codes:
        code = codes.pop()
        if code.co_qualname == function:
            return code
        codes.extend(part for part in code.co_consts if isinstance(part, CodeType))
    return None
