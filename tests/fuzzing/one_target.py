"""One target under atheris. One input of some hundred is run with its steps counted, which takes ten times as long."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path

import atheris
import django

# Packages: where these branch is what leads to the next input.
WATCHED = ["accounts", "gunicorn", "instance_manager", "reference_tokens", "tests", "tokens_project", "yaml"]
COUNTED, MOST_MEGABYTES, MOST_SECONDS = 256, 1024, 60


def set_up() -> None:
    """Import the parsers so that atheris sees how they branch, over a folder of data that goes with this process."""
    os.environ |= {"DJANGO_SETTINGS_MODULE": "tokens_project.settings", "DATABASE_URL": ""}
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="fuzzing-")
    with atheris.instrument_imports(include=WATCHED, enable_loader_override=False):
        django.setup()
        import_module("tests.fuzzing.targets")
    logging.disable()


def all_targets() -> list[str]:
    """Their names, the slow ones first."""
    from tests.fuzzing.targets import TARGETS

    return list(TARGETS)


def fuzz(name: str, failed: Path, options: list[str]) -> None:
    """Run the target; ends the process. An input that fails is left in the file."""
    from tests.fuzzing.targets import LONGEST, TARGETS, most_steps, steps_of

    target, number = TARGETS[name], 0

    def try_one(data: bytes) -> None:
        nonlocal number
        number += 1
        try:
            if number % COUNTED:
                target(data)
            else:
                assert steps_of(target, data) <= most_steps(data)
        except BaseException:  # noqa: BLE001 - whatever it is, the input is kept
            traceback.print_exc()
            failed.write_bytes(data)
            os._exit(1)

    bounds = [f"-max_len={LONGEST}", f"-rss_limit_mb={MOST_MEGABYTES}", f"-timeout={MOST_SECONDS}"]
    atheris.Setup([sys.argv[0], *bounds, *options], try_one)
    atheris.Fuzz()
