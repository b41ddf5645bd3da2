#!/usr/bin/env python3
"""Refuses a commit that holds a token of Reference Tokens or a secret of a Resource Server. One file, no dependencies.

As a hook of git, it looks at what is staged: copy it to .git/hooks/pre-commit and make it executable. With names of
files it looks at these, as pre-commit calls it. It names the place and a hint, never the value; exit status 1 where it
found something.

A token counts only with the right checksum, whether it is still good or not.
"""

from __future__ import annotations

import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

TOKEN = re.compile(rb"enrt_[0-9A-F]{64}(?![0-9A-Za-z])")
# 256 random bits in base64: of the last letter four bits are used.
SECRET = re.compile(rb"enrs_[0-9A-Za-z_-]{42}[AEIMQUYcgkosw048](?![0-9A-Za-z_-])")
CHECKSUM_DIGITS = 8


def has_checksum(token: bytes) -> bool:
    """Whether the last eight digits are the CRC-32 of what stands before them."""
    return b"%08X" % zlib.crc32(token[:-CHECKSUM_DIGITS]) == token[-CHECKSUM_DIGITS:]


def found_in(content: bytes) -> Iterator[tuple[int, str]]:
    """The number of each line with a token or secret, and what stands there: its first and last four characters."""
    for number, line in enumerate(content.splitlines(), start=1):
        secrets = [*filter(has_checksum, TOKEN.findall(line)), *SECRET.findall(line)]
        for secret in secrets:
            yield number, f"{secret[:9].decode()}…{secret[-4:].decode()}"


def git(*arguments: str) -> bytes:
    """What git answers."""
    return subprocess.run(["git", *arguments], check=True, capture_output=True).stdout  # noqa: S603, S607 - the git that calls this


def staged() -> Iterator[tuple[str, bytes]]:
    """The files that are to be committed, as they are staged."""
    names = git("diff", "--cached", "--name-only", "--diff-filter=ACMR", "--ignore-submodules", "-z").split(b"\0")
    for name in filter(None, names):
        path = name.decode(errors="surrogateescape")
        yield path, git("cat-file", "-p", f":{path}")


def main(names: list[str]) -> int:
    """Look at the files of these names, or at what is staged; returns the exit status."""
    files = ((name, Path(name).read_bytes()) for name in names) if names else staged()
    status = 0
    for name, content in files:
        for number, hint in found_in(content):
            sys.stderr.write(f"{name}:{number}: {hint} must not be committed\n")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
