"""`python -m tokens_project.preparation`: what `make run` does before it serves."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tokens_project.environment import MAY_NOT_WRITE, BadSetting, make_folder, refuse
from tokens_project.server.listening import require_free

MANAGE = Path(__file__).resolve().parent.parent / "manage.py"
STEPS = (
    ("migrate", "--verbosity", "0"),
    ("collectstatic", "--verbosity", "0", "--no-input"),
    ("quickstart",),
)


def main() -> None:
    """Prepare what the settings name. Ends with one line, and before anything is changed, where it cannot serve."""
    try:
        from tokens_project import settings  # noqa: PLC0415 - a bad setting is told in one line

        prepare(settings.DATA_DIR, settings.HOST, settings.PORT)
    except BadSetting as error:
        sys.exit(str(error))


def prepare(data: Path, host: str, port: int) -> None:
    """Take every step in a process of its own, for the first one makes what the settings of the others find."""
    require_free(host, port)
    with alone_in(data):
        for step in STEPS:
            status = subprocess.run([sys.executable, MANAGE, *step], check=False).returncode  # noqa: S603 - no word of it comes from outside
            if status:
                sys.exit(status)


@contextmanager
def alone_in(data: Path) -> Iterator[None]:
    """The folder, made where it is missing, for this process alone; raises `BadSetting` where another has it."""
    make_folder("DATA_DIR", data)
    try:
        file = (data / "preparation.lock").open("w")
    except OSError:
        refuse("DATA_DIR", MAY_NOT_WRITE)
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            refuse("DATA_DIR", "another `make run` prepares it. Wait until that one serves.")
        yield


if __name__ == "__main__":
    main()
