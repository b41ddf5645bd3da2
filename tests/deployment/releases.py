"""The code of the release before this one, out of the repository's own history."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

from tests.command_line import BASE_DIR

# Until there is a tag: the release before ends where this migration was added.
FIRST_MIGRATION = "reference_tokens/migrations/0024_management_api.py"


class NoHistory(Exception):
    """The checkout does not hold the code of the release before."""


def git(*arguments: str) -> bytes:
    """What git prints about this repository."""
    try:
        return subprocess.run(["git", *arguments], cwd=BASE_DIR, check=True, capture_output=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoHistory("the history of this checkout does not reach back to the release before") from error


def last_release() -> str:
    """The newest tag of a release before this commit, or else the commit before the first migration of this release.

    Raises `NoHistory`, as in a shallow checkout.
    """
    try:
        return git("describe", "--tags", "--abbrev=0", "--match", "v[0-9]*", "HEAD^").decode().strip()
    except NoHistory:
        added = git("log", "-1", "--diff-filter=A", "--format=%H", "--", FIRST_MIGRATION).decode().strip()
        return git("rev-parse", "--verify", f"{added}^").decode().strip()


def unpack(release: str, folder: Path) -> None:
    """Lay the code of a release into a folder."""
    with tarfile.open(fileobj=io.BytesIO(git("archive", "--format=tar", release))) as archive:
        archive.extractall(folder, filter="data")
