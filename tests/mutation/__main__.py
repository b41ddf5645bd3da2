"""`python -m tests.mutation [ROOM …]`: change the code in one thing at a time, and see whether a test notices.

Prints each mutant that no test notices, and ends with "n mutants, n killed, n explained, 0 left". Exit status 1 where
some are left, or where explained.txt explains one that is not there or is noticed. RECORD=1 writes the figures into
docs/security.md.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import pytest

from tests.mutation.explained import explanations
from tests.mutation.figures import record
from tests.mutation.mutant import Mutant
from tests.mutation.mutants import mutants_of
from tests.mutation.rooms import ROOMS, ROOT
from tests.mutation.trying import OPTIONS, Trying


def main(rooms: list[str]) -> int:
    """The exit status: each room in a process of its own."""
    unknown = set(rooms) - set(ROOMS)
    if unknown:
        print(f"The rooms are: {', '.join(ROOMS)}.", file=sys.stderr)
        return 2
    if len(rooms) == 1:
        return try_room(rooms[0])
    status = 0
    for room in rooms or ROOMS:
        status |= in_process_of_its_own(room)
    return status


def in_process_of_its_own(room: str) -> int:
    """The exit status of the room."""
    with tempfile.TemporaryDirectory() as data:
        environment = {**os.environ, "DATA_DIR": data, "DATABASE_URL": ""}
        command = [sys.executable, "-m", "tests.mutation", room]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def try_room(name: str) -> int:
    """The exit status of a room that is tried in this process."""
    room = ROOMS[name]
    mutants = [mutant for path in room.files() for mutant in mutants_of(path)]
    trying = Trying(mutants)
    pytest.main([*OPTIONS, *room.tests], plugins=[trying])
    return told(name, trying, mutants[trying.tried :])


def told(name: str, trying: Trying, untried: list[Mutant]) -> int:
    """Print the line that ends a room, which has no figures where it ended early."""
    if untried:
        print(f"{name}: ended with {len(untried)} mutants untried, the first of them {untried[0].name}")
        return 1
    reasons = explanations()
    explained = [mutant for mutant in trying.survivors if mutant.name in reasons]
    left = len(trying.survivors) - len(explained)
    killed = trying.tried - len(trying.survivors)
    sentence = f"{trying.tried} mutants, {killed} killed, {len(explained)} explained, {left} left"
    print(f"{name}: {sentence}")
    if os.environ.get("RECORD"):
        record(name, sentence)
    print(f"Of those that were killed, {trying.endless} made the tests run without an end.")
    own = {mutant.name.partition(": ")[0].partition(":")[0] for mutant in trying.mutants}
    needless = [
        key for key in reasons if key.partition(":")[0] in own and key not in {one.name for one in trying.survivors}
    ]
    for key in needless:
        print(f"explained, but noticed or not there: {key}")
    return 1 if left or needless else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
