"""`python -m tests.bench.inside PART …`: what is measured within a process of the service; prints JSON.

The database is the one that the settings name.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from tests.bench.costs import Cost
from tests.bench.databases import Database
from tests.bench.servers import PROJECT
from tokens_project.server.room import in_one_piece


def started(part: str, database: Database, *arguments: object) -> subprocess.Popen[str]:
    """A process that measures a part over a database."""
    command = [sys.executable, "-m", "tests.bench.inside", part, *map(str, arguments)]
    settings = {"PATH": os.environ["PATH"], "LAST_USED_FLUSH_SECONDS": "5"} | database.environment
    # Among millions of tokens some people have more than a person may have by default, and are issued more.
    settings["MAX_LIVE_PATS_PER_PERSON"] = "10000"
    return subprocess.Popen(command, cwd=PROJECT, env=settings, stdout=subprocess.PIPE, text=True)


def result_of(process: subprocess.Popen[str]) -> Any:
    """What it found; raises `RuntimeError` where it failed."""
    printed, _none = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
    return json.loads(printed.splitlines()[-1])


def measured(part: str, database: Database, *arguments: object) -> Any:
    """What a part found over a database."""
    return result_of(started(part, database, *arguments))


def main(part: str, *arguments: str) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tokens_project.settings")
    django.setup()
    from tests.bench import inside_acts, inside_pages, inside_validation

    parts: dict[str, Callable[..., Any]] = {
        "pages": inside_pages.pages,
        "revoke": inside_acts.revoke,
        "impact": inside_acts.impact,
        "housekeeping": inside_acts.housekeeping,
        "issue": inside_acts.issue,
        "export": inside_acts.export,
        "administrator": inside_acts.administrator,
        "layers": inside_validation.layers,
    }
    # As in a thread of the server.
    found = in_one_piece(lambda: parts[part](*arguments))
    plain = {name: asdict(value) if isinstance(value, Cost) else value for name, value in found.items()}
    print(json.dumps(plain))


if __name__ == "__main__":
    main(*sys.argv[1:])
