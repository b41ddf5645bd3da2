"""`python -m tokens_project.preparation`: what `make run` does before it serves."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tokens_project import command_line
from tokens_project.environment import MAY_NOT_WRITE, BadSetting, make_folder, refuse
from tokens_project.server.listening import require_free

MANAGE = Path(__file__).resolve().parent.parent / "manage.py"
# Without Django's checks of the code, which import every page: they are for work on it (`make check`).
MIGRATE = ("migrate", "--verbosity", "0", "--skip-checks")
STEPS = (MIGRATE, ("collectstatic", "--verbosity", "0", "--no-input"), ("quickstart",))
# Says that this process takes the steps.
TAKE_STEPS = "take-steps"


def main() -> None:
    """Prepare what the settings name. Ends with one line, and before anything is changed, where it cannot serve."""
    if sys.argv[1:] == [TAKE_STEPS]:
        take_steps()
        return
    try:
        from tokens_project import settings  # noqa: PLC0415 - a bad setting is told in one line

        is_new = any(settings.DATABASES["default"]["MISSING"].values())
        prepare(settings.DATA_DIR, settings.HOST, settings.PORT, is_new=is_new)
    except BadSetting as error:
        sys.exit(str(error))


def prepare(data: Path, host: str, port: int, *, is_new: bool) -> None:
    """Take the steps in one process, since each by itself would begin with what takes longer than the step.

    Where the instance is new, `migrate` has one before it: it makes what the settings of the others find.
    """
    require_free(host, port)
    steps = ("-m", "tokens_project.preparation", TAKE_STEPS)
    with alone_in(data):
        for arguments in [(MANAGE, *MIGRATE), steps] if is_new else [steps]:
            status = subprocess.run([sys.executable, *arguments], check=False).returncode  # noqa: S603 - no word of it comes from outside
            if status:
                sys.exit(status)


def take_steps() -> None:
    """Take the steps, each as its command would; the first one that fails ends the process."""
    for step in STEPS:
        sys.argv = ["manage.py", *step]
        command_line.main()


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
