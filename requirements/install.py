"""`python3 requirements/install.py NAME [FOLDER]`: make .venv or that folder, with what requirements/NAME.txt lists.

`make` runs this before anything is installed, so that it needs nothing but Python. One at a time: two that install
together would spoil .venv for each other.
"""

import fcntl
import subprocess
import sys
from pathlib import Path

LOWEST = (3, 11)


def main(name: str, folder: str = ".venv") -> None:
    """Install; ends with one line where this Python is too old, or where another process installs."""
    if sys.version_info < LOWEST:
        sys.exit(
            f"Python {sys.version.split()[0]} is too old: `make PYTHON=python3.11 …` names a later one, from 3.11."
        )
    environment = Path(folder)
    try:
        environment.mkdir(exist_ok=True)
        lock = (environment / "lock").open("w")
    except OSError as error:
        sys.exit(f"{error.filename} cannot be written: {error.strerror}.")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            sys.exit(f"Another make installs into {folder}. Try again when it is done.")
        programs = environment / "bin"
        # One that was interrupted while it was made has a Python and no pip.
        if not ((programs / "python").exists() and (programs / "pip").exists()):
            run(sys.executable, "-m", "venv", str(environment), lock=lock.fileno())
        print(f"Installing what requirements/{name}.txt lists", flush=True)
        pip = (str(programs / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        run(*pip, "--require-hashes", "-r", f"requirements/{name}.txt", lock=lock.fileno())


def run(*command: str, lock: int) -> None:
    """Run the program, which holds the lock too: it may outlive this process. Ends where it fails."""
    status = subprocess.run(command, pass_fds=[lock], check=False).returncode
    if status:
        sys.exit(status)


if __name__ == "__main__":
    main(*sys.argv[1:])
