"""What this service writes to disk is for its owner alone: it holds keys, links of mails and everybody's data."""

from __future__ import annotations

import re
import stat
import sys
from pathlib import Path

# What a data folder holds. One that holds anything else may not be ours alone: /var, for a mistyped ./var, must not be
# closed to the whole machine.
OURS = re.compile(r"\.?(secret_key|token_hash_keys|(test_)?db\S*\.sqlite3)([.-]\S*)?|mail|static|\S+\.lock")
# What Django calls the files of mails.
MAILS = re.compile(r"\d{8}-\d{6}-\d+\.log")
BESIDE_A_DATABASE = ("", "-wal", "-shm", "-journal")
# What others may not do, also as `umask` takes it.
OF_OTHERS = 0o077


def keep_private(data: Path, *, database: Path | None = None, mails: Path | None = None) -> None:
    """Close to everybody but its owner what the service wrote into its folders, and its SQLite database.

    One line on standard error names what stays open: it is another user's, or not the service's alone.
    """
    stays_open = close_ours(data, OURS)
    # Of mails there may be many: in a closed folder they are left as they are.
    if mails and is_open(mails):
        stays_open += close_ours(mails, MAILS)
    if database:
        files = [database.with_name(database.name + end) for end in BESIDE_A_DATABASE]
        stays_open += [file for file in files if not close(file)]
    if stays_open:
        names = ", ".join(map(str, dict.fromkeys(stays_open)))
        why = "it belongs to another user, or holds other things too"
        print(f"Warning: others on this machine may look into {names}: {why}.", file=sys.stderr)  # noqa: T201 - nothing is set up to log with yet


def close_ours(folder: Path, ours: re.Pattern[str]) -> list[Path]:
    """Close what is the service's in a folder, and the folder where it holds nothing else; returns what stays open."""
    entries = entries_of(folder)
    matching = [entry for entry in entries if ours.fullmatch(entry.name)]
    stays_open = [entry for entry in matching if not close(entry)]
    if folder.is_dir() and not (close(folder) if len(matching) == len(entries) else not is_open(folder)):
        stays_open.append(folder)
    return stays_open


def entries_of(folder: Path) -> list[Path]:
    """What lies in a folder; nothing where it is none, or may not be looked into."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def is_open(place: Path) -> bool:
    """Whether others may do anything with it; what is not there, and what a link leads to, is not looked at."""
    try:
        mode = place.lstat().st_mode
    except OSError:
        return False
    return (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) and bool(mode & OF_OTHERS)


def close(place: Path) -> bool:
    """Close a file, or a folder with all that lies in it; returns whether nothing of it is open any more."""
    if not is_open(place):
        return True
    try:
        place.chmod(stat.S_IMODE(place.lstat().st_mode) & ~OF_OTHERS & 0o777)
    except OSError:
        return not is_open(place)
    # Nobody could look into a closed folder: what lies in it may have been left open.
    return False not in [close(inner) for inner in entries_of(place)]
