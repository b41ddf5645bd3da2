"""Which lines and branches of the product the tests run: a plugin of pytest, and what all its processes have seen.

slipcover puts probes into the code, and takes those out that have told: a test costs hardly more than without, where a
tracer makes it twice as dear. What runs in the servers and commands that tests start is not seen.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from slipcover import (
    FileMatcher,
    ImportManager,
    Slipcover,
    merge_coverage,
    print_coverage,
    wrap_spec_from_file_location,
)

# Of pytest: with this plugin, which has loaded slipcover before pytest could rewrite its assertions.
OPTIONS = ["-p", "tests.measured", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
SOURCES = [
    *("accounts", "trusted_apps", "reference_tokens", "profile_site", "instance_manager", "tokens_project"),
    "clients/python",
]
# A function that changes its own code could have no probes taken out.
OMITTED = ["*/migrations/*", "*/tokens_project/server/room.py"]
NOT_TO_RUN = ["if TYPE_CHECKING:", "@abstractmethod", "if __name__ == .__main__.:"]

if "COVERAGE_FOLDER" in os.environ:
    measuring = Slipcover(branch=True, exclude_lines=NOT_TO_RUN)
    to_measure = FileMatcher(sources=SOURCES, omit=OMITTED)
    ImportManager(measuring, to_measure).__enter__()
    wrap_spec_from_file_location(measuring, to_measure)

    def pytest_sessionfinish() -> None:
        """Leave what this process has seen in the folder."""
        seen = Path(os.environ["COVERAGE_FOLDER"], f"{os.getpid()}.json")
        seen.write_text(json.dumps(measuring.get_coverage()))


def told(folder: str) -> bool:
    """Print what nothing ran of all that the processes have left in the folder; whether all was run."""
    everything: dict[str, Any] = Slipcover(
        branch=True, source=SOURCES, omit=OMITTED, exclude_lines=NOT_TO_RUN
    ).get_coverage()
    for seen in sorted(Path(folder).glob("*.json")):
        merge_coverage(everything, json.loads(seen.read_text()))
    print_coverage(everything, skip_covered=True)
    summary = everything["summary"]
    return not summary["missing_lines"] and not summary["missing_branches"]
