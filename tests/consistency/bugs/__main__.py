"""`python -m tests.consistency.bugs [NAME…]`: puts each fault into a copy of the service, and says whether it is found.

Each has a history of its own on SQLite, in peace, which ends with the first anomaly, or after OPERATIONS. The service
as it is comes first: were anything found in it, what is found in the others would say nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic

from tests.command_line import BASE_DIR
from tests.consistency.bugs import BUGS

OPERATIONS = os.environ.get("OPERATIONS", "6000")
LONGEST_SHOWN = 12
NOT_COPIED = shutil.ignore_patterns(".git", ".venv*", "data", "dist", "node_modules", "__pycache__")


def main(names: list[str]) -> int:
    """0 where nothing is found in the service as it is, and every fault in the others."""
    if is_found(None):
        print("an anomaly without any fault: nothing else is tried")
        return 1
    not_found = [bug.stem for bug in BUGS if (not names or bug.stem in names) and not is_found(bug)]
    print(f"not found: {', '.join(not_found)}" if not_found else "every one found")
    return int(bool(not_found))


def is_found(bug: Path | None) -> bool:
    """Whether a history of the service with this fault, or with none, has no explanation; says which."""
    began = monotonic()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(BASE_DIR, copy, ignore=NOT_COPIED)
        if bug:
            subprocess.run(["git", "apply", bug], cwd=copy, check=True)
        wanted = {"OPERATIONS": OPERATIONS, "SEED": "1", "PEACE": "1", "UNTIL_FOUND": "1"}
        command = [sys.executable, "-m", "tests.consistency", "sqlite"]
        run = subprocess.run(
            command, cwd=copy, env={**os.environ, **wanted}, capture_output=True, text=True, check=False
        )
    assert "anomalies, " in run.stdout, run.stderr
    told = run.stdout.partition("anomalies, ")[2].partition("\n\n")[2].strip().split("\n\n")[0].splitlines()
    came_of_it = "found" if told else "NOT FOUND"
    name = bug.stem if bug else "without a fault"
    print(f"{name}: {came_of_it} after {monotonic() - began:.0f} s", *told[-LONGEST_SHOWN:], sep="\n    ", flush=True)
    return bool(told)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
