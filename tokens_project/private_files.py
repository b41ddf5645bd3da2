"""What this service writes to disk is for its owner alone: it holds keys, links of mails and everybody's data."""

from __future__ import annotations

import re
import stat
import sys
from pathlib import Path

# What a data folder holds. One that holds anything else may not be ours alone: /var, for a mistyped ./var, must not be
# closed to the whole machine.
OURS = re.compile(r"\.?(secret_key|token_hash_keys|(test_)?db\S*\.sqlite3)([.-]\S*)?|mail|static|\S+\.lock")
BESIDE_A_DATABASE = ("", "-wal", "-shm", "-journal")
# What others may not do, also as `umask` takes it.
OF_OTHERS = 0o077


def keep_private(folder: Path, database: Path | None) -> None:
    """Close the data folder, what of the service lies in it, and its SQLite database to everybody but their owner.

    One line on standard error names what stays open: it is another user's, or not the service's alone.
    """
    entries = entries_of(folder)
    places = [entry for entry in entries if OURS.fullmatch(entry.name)]
    is_ours_alone = len(places) == len(entries)
    if database:
        places += [database.with_name(database.name + end) for end in BESIDE_A_DATABASE]
    stays_open = [place for place in places if not close(place)]
    if folder.is_dir() and not (close(folder) if is_ours_alone else not is_open(folder)):
        stays_open.append(folder)
    if stays_open:
        names = ", ".join(map(str, stays_open))
        why = "it belongs to another user, or holds other things too"
        print(f"DATA_DIR: others on this machine may look into {names}: {why}.", file=sys.stderr)  # noqa: T201


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
