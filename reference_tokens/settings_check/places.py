"""Whether the places on the disk that the service writes to take files, and have room."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from django.conf import settings
from django.db import connection

from reference_tokens.settings_check.outcomes import DoesNotWork

LEAST_FREE_BYTES = 100_000_000
# The settings that name a file which grows, or no file at all.
FILES = ("AUDIT_ANCHOR", "AUDIT_STREAM", "FENCE_FILE")


def check_data_folder() -> str:
    """It takes files, nobody else looks into it, and there is room; where nothing is written, that is said."""
    mails_go_there = Path(settings.DATA_DIR) in Path(settings.MAIL_FOLDER or "/").parents
    if connection.vendor == "postgresql" and not mails_go_there:
        return "not needed with PostgreSQL and a mail server"
    folder = Path(settings.DATA_DIR)
    place = require_writable(folder)
    mode = place.stat().st_mode & 0o777
    if place == folder and mode & 0o077:
        raise DoesNotWork(f"{folder} has the mode {mode:o}: others on this machine can look into it (chmod 700)")
    return f"{folder}: takes files, free: {free(folder, place)} MB"


def check_disk() -> str:
    """There is room where the database and the files lie that grow beside the data folder."""
    folders = sorted({str(file.parent) for file in growing_files()})
    found = [f"{folder}: {free(Path(folder), require_writable(Path(folder)))} MB" for folder in folders]
    return f"free in {', '.join(found)}" if found else "no file grows outside DATA_DIR"


def growing_files() -> list[Path]:
    """The database, where it is a file, and what is written outside of it."""
    named = (str(getattr(settings, name, "")) for name in FILES)
    files = [Path(name) for name in named if name.startswith("/")]
    return [Path(connection.settings_dict["NAME"]).absolute(), *files] if connection.vendor == "sqlite" else files


def free(folder: Path, place: Path) -> int:
    """How many megabytes are left in a folder, which may be yet to be made in this place; raises `DoesNotWork`."""
    megabytes = shutil.disk_usage(place).free // 1_000_000
    if megabytes * 1_000_000 < LEAST_FREE_BYTES:
        raise DoesNotWork(f"{folder} has {megabytes} MB left")
    return megabytes


def require_writable(folder: Path) -> Path:
    """Where a file could be written, which is not kept: in the folder, or where it is yet to be made; raises `OSError`.

    It is not made: a command that was given another one than the service would leave it behind.
    """
    place = next(place for place in (folder, *folder.parents) if place.exists())
    with tempfile.TemporaryFile(dir=place):
        pass
    return place
