"""Members of a ZIP that anybody may have made: whatever they hold, little of it is in memory at once.

Errors are those of `zipfile`, `KeyError` for a member that is not there, and `ValueError` for one that is none of ours.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import IO

# A manifest has some ten kilobytes, a signature 64 digits; the longest rows are mails that wait, some 100 kilobytes.
LONGEST_TEXT = 1_000_000
LONGEST_LINE = 10_000_000
AT_ONCE = 2**16
# All others are unpacked without an end.
BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def text_of(members: zipfile.ZipFile, name: str) -> str:
    """A short member, whole."""
    with opened_member(members, name) as member:
        text = member.read(LONGEST_TEXT + 1)
    if len(text) > LONGEST_TEXT:
        raise ValueError(name)
    return text.decode("ascii")


def lines_of(members: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """Each line of a member, with its end."""
    with opened_member(members, name) as member:
        rest = b""
        while portion := member.read(AT_ONCE):
            *lines, rest = (rest + portion).splitlines(keepends=True)
            yield from lines
            if len(rest) > LONGEST_LINE:
                raise ValueError(name)
        if rest:
            yield rest


def opened_member(members: zipfile.ZipFile, name: str) -> IO[bytes]:
    """A member, to be read a portion at a time."""
    member = members.getinfo(name)
    if member.compress_type not in BOUNDED:
        raise ValueError(name)
    return members.open(member)
