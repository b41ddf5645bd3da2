"""Readers for folders."""

from __future__ import annotations

import os
from pathlib import Path

from tokens_project.environment.values import refuse, text

MAY_NOT_WRITE = "this user may not write there."
CANNOT_BE_A_FOLDER = "give a folder that exists or can be made."


def folder(name: str, default: Path, *, is_needed: bool = True) -> Path:
    """A folder. It is not made: a command that was given none, or another one, would leave it behind.

    Where none is needed, whatever stands in its place is no reason to refuse.
    """
    path = Path(text(name, str(default)))
    try:
        path = path.resolve()
    except (OSError, RuntimeError):
        if is_needed:
            refuse(name, CANNOT_BE_A_FOLDER)
    there = next(place for place in (path, *path.parents) if not is_missing(place))
    # Path's own `is_dir` raises where the folder may not be looked into.
    if is_needed and not os.path.isdir(there):  # noqa: PTH112 - see above
        refuse(name, CANNOT_BE_A_FOLDER)
    return path


def make_folder(name: str, path: Path) -> None:
    """Make the folder that a setting names where it is missing, for its owner alone."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        refuse(name, CANNOT_BE_A_FOLDER)


def is_missing(path: Path) -> bool:
    """Whether nothing is there; what cannot be looked at is."""
    try:
        path.stat()
    except OSError as error:
        return isinstance(error, FileNotFoundError)
    return False
