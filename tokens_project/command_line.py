"""The command line: `reference-tokens help`, or in a checkout `python manage.py help`, lists the commands."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

# What no service works without, in production.
KEYS = ("SECRET_KEY", "TOKEN_HASH_KEYS")

# What a shell says of a program that wrote to one which had read enough, as `head` does.
ENDED_BY_READER = 128 + signal.SIGPIPE

# And of one that was ended by Ctrl-C.
ENDED_BY_PERSON = 128 + signal.SIGINT


def main() -> None:
    """Run the command that the arguments name; what it cannot do is one line and exit status 1.

    All that takes a while to import is imported where Ctrl-C is answered.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tokens_project.settings")
    open_what_is_closed()
    # A terminal that lacks a character shows another in its place.
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        try:
            run()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        leave_output()
        sys.exit(ENDED_BY_READER)
    except KeyboardInterrupt:
        leave_output()
        sys.stderr.write("Interrupted.\n")
        sys.exit(ENDED_BY_PERSON)
    except OSError as error:
        if "--traceback" in sys.argv:
            raise
        leave_output()
        sys.exit(f"Error: {error}")


def open_what_is_closed() -> None:
    """Give a program that was started without standard input or error empty ones; without output it ends the process.

    What is opened later would take their numbers, and be written into.
    """
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open()  # noqa: SIM115 - for as long as the process lives
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - as above
    if sys.stdout is None:
        sys.exit("Error: standard output is closed, and nothing was done: lead it to a file, or to /dev/null.")


def run() -> None:
    """Run the command."""
    from django.conf import settings
    from django.db import Error

    from accounts.database.errors import cause_of
    from tokens_project.commands import Commands
    from tokens_project.environment import BadSetting

    if sys.argv[1:2] == ["init"]:
        give_keys(sys.argv[2:])
    try:
        settings.configured or settings.BASE_URL  # noqa: B018 - reads the settings, loudly
    except BadSetting as error:
        sys.exit(str(error))
    try:
        Commands(sys.argv).execute()
    except Error as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"Error: the database refused: {cause_of(error)}")


def give_keys(words: list[str]) -> None:
    """Where `init` is to write a file of settings, give the keys that nobody gave: no setting is read without them.

    They are those that `migrate` made for the same SQLite database, where it has, and fresh ones otherwise.
    """
    from tokens_project.environment import keys

    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--email", nargs="?")
    parser.add_argument("--environment-file", nargs="?")
    if parser.parse_known_args(words)[0].environment_file:
        for name in KEYS:
            os.environ[name] = os.environ.get(name) or kept_key(name) or keys.random_key()


def kept_key(name: str) -> str:
    """The key that stands in `DATA_DIR` for an instance with SQLite; empty where there is none."""
    from tokens_project.places import DEFAULT_DATA

    file = Path(os.environ.get("DATA_DIR") or DEFAULT_DATA) / name.lower()
    is_of_another = os.environ.get("DATABASE_URL", "").startswith("postgres")
    return "" if is_of_another or not file.exists() else file.read_text().strip()


def leave_output() -> None:
    """What is still to be written goes nowhere: Python would try it once more when it ends, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
