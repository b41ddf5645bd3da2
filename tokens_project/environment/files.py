"""The file that holds the settings of an installed service: systemd and a shell read every line of it alike."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

# What needs no quotes, so that `docker run --env-file` reads it alike too, which knows none.
PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=?-]+")
# What keeps a meaning between double quotes, for both of them.
SPECIAL = re.compile(r'["\\`$]')


def environment_line(name: str, value: str) -> str:
    """A setting as a line of the file; the value is text on one line, as every setting is."""
    quoted = SPECIAL.sub(r"\\\g<0>", value)
    return f"{name}={value}" if PLAIN.fullmatch(value) else f'{name}="{quoted}"'


def write_environment(path: Path, settings: dict[str, str]) -> None:
    """Write the settings into a file that is not there yet, for its owner alone, whole and on the disk.

    Raises `FileExistsError`, since what stands there may be the only copy of its keys, and other `OSError`s.
    """
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.writelines(environment_line(name, value) + "\n" for name, value in settings.items())
            file.flush()
            os.fsync(file.fileno())
        # In place of no other file, as `os.replace` would be.
        os.link(draft, path)
    finally:
        Path(draft).unlink()
    keep_names(path.parent)


def keep_names(folder: Path) -> None:
    """Have the disk hold which files the folder has."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
