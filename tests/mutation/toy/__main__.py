"""`python -m tests.mutation.toy FILE …`: what the driver says of the changes below, by these files of tests.

Ends with JSON: how many were tried, and what those are called that are left.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.mutation.mutant import Mutant, code_of
from tests.mutation.trying import OPTIONS, Trying

FOLDER = Path(__file__).parent
CHANGED = FOLDER / "changed.py"
# What each change is called: the function, what stands in it, and what stands in its place.
CHANGES = {
    "unchanged": ("doubled", "* 2", "* 2"),
    "wrong for all": ("doubled", "* 2", "* 3"),
    "right for two alone": ("doubled", "* 2", "* amount.number"),
    "refused": ("Amount.__init__", 'super().__init__("amount")', "pass"),
}


def mutants() -> list[Mutant]:
    """The changes."""
    source = CHANGED.read_text()
    found = []
    for name, (function, before, after) in CHANGES.items():
        code = code_of(source.replace(before, after), CHANGED, function)
        assert code is not None
        found.append(Mutant(name, 0, CHANGED, function, code))
    return found


def main(files: list[str]) -> None:
    """Try the changes, and print what came of it."""
    settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
    trying = Trying(mutants())
    options = (*OPTIONS, "--noconftest", "-c", "/dev/null", "--rootdir", str(FOLDER))
    pytest.main([*options, *(str(FOLDER / file) for file in files)], plugins=[trying])
    left = [mutant.name for mutant in trying.survivors]
    print(json.dumps({"tried": trying.tried, "left": left}))


if __name__ == "__main__":
    main(sys.argv[1:])
