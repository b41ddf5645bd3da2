from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.commands import Command as BaseCommand
from accounts.commands import Error, place_of_file, wrong_usage
from accounts.mailed_links.first_administrator import AlreadyAdministered, begin_administration
from tokens_project.environment import to_write
from tokens_project.environment.files import write_environment

MIGRATE = ("migrate", "--verbosity", "0", "--skip-checks")


class Command(BaseCommand):
    help = (
        "Begin an instance: write a file of settings with fresh keys, or let the service make keys where it may;"
        " migrate; create the first administrator, who chooses a password by a link. It is mailed to their address"
        " where EMAIL_URL names a mail server, and printed otherwise. Refused where an administrator can sign in."
    )
    example = 'init ada --name "Ada Example" --email ada@example.com'

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("username", nargs="?", default="", help="the first administrator; without it, none")
        parser.add_argument("--name", default="", help="their full name")
        parser.add_argument("--email", default="", help="their e-mail address")
        parser.add_argument(
            "--environment-file",
            metavar="FILE",
            type=place_of_file,
            help="write the settings that are given into this new file, with fresh keys where none are",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Begin the instance; where the service makes its keys, the rest is for a process that has read them."""
        if options["username"] and key_files_are_missing():
            begin_in_other_processes()
        else:
            super().handle(*args, **options)

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        username, file = options["username"], options["environment_file"]
        if not username and not file:
            raise wrong_usage("give the user name of the first administrator, or --environment-file.")
        if not username and (options["name"] or options["email"]):
            raise wrong_usage("--name and --email are of the first administrator: give their user name too.")
        result: dict[str, Any] = {"url": settings.BASE_URL}
        if file:
            result["environment_file"] = written(file)
        if username:
            with removed_where_it_fails(file):
                call_command("migrate", verbosity=0, skip_checks=True)
                result |= first_administrator(username, options["name"], options["email"])
        return result

    def lines(self, result: dict[str, Any]) -> list[str]:
        lines = []
        if "environment_file" in result:
            lines.append(
                f"Wrote {result['environment_file']}. Keep a copy of its keys, apart from backups of the data."
            )
        if "username" in result:
            lines.append(f"{result['username']} is the first administrator of {result['url']}.")
            if result["link"]:
                lines += ["They choose a password by this link, within seven days:", f"  {result['link']}"]
            else:
                lines.append(f"A link to choose a password goes to {result['mailed_to']} once the service serves.")
        return lines


def key_files_are_missing() -> bool:
    """Whether this process works with keys of its own, since `migrate` is yet to make those of the instance."""
    database = settings.DATABASES["default"]
    return any(file != database["NAME"] for file in database["MISSING"].get(database["NAME"], []))


def begin_in_other_processes() -> None:
    """Let one process make keys and database, and another one, which reads them, do the rest of this command."""
    for arguments in (MIGRATE, sys.argv[1:]):
        status = subprocess.run([sys.executable, sys.argv[0], *arguments], check=False).returncode  # noqa: S603 - this very program
        if status:
            sys.exit(status)


def written(file: Path) -> str:
    """Write the settings of this process into a new file; returns its name. Raises `Error`."""
    try:
        write_environment(file, to_write())
    except FileExistsError:
        raise Error(
            f"{file} is there already, with keys perhaps: read it in, and leave --environment-file out."
        ) from None
    except OSError as error:
        raise Error(f"{file} cannot be written: {error.strerror}.") from error
    return str(file)


@contextmanager
def removed_where_it_fails(file: Path | None) -> Iterator[None]:
    """Leave no file of settings where no instance was begun with them: its keys open nothing."""
    try:
        yield
    except Exception:
        if file:
            file.unlink()
        raise


def first_administrator(username: str, name: str, email: str) -> dict[str, Any]:
    """Create them; returns who they are, and where the link to choose a password went. Raises `Error`."""
    try:
        user, path = begin_administration(
            actor=OPERATOR,
            username=username,
            name=name,
            email=email,
            may_be_mailed=not settings.MAIL_FOLDER,
            now=timezone.now(),
        )
    except AlreadyAdministered:
        raise Error("an administrator can sign in already: another one is theirs to invite.") from None
    return {
        "id": str(user.pk),
        "username": user.username,
        "link": settings.BASE_URL + path if path else None,
        "mailed_to": None if path else user.email,
    }
