"""The inputs that a run begins with, and those that once failed: a file for each target, a line for each input."""

from __future__ import annotations

import ast
from pathlib import Path

FOLDER = Path(__file__).with_name("corpus")


def inputs_of(target: str) -> list[bytes]:
    """The inputs of a target, as they stand in its file."""
    lines = (FOLDER / f"{target}.txt").read_text().splitlines()
    return [bytes(ast.literal_eval(line)) for line in lines if line and not line.startswith("#")]


def add(target: str, data: bytes) -> None:
    """Keep an input that failed."""
    with (FOLDER / f"{target}.txt").open("a") as file:
        file.write(f"{data!r}\n")
