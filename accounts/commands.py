"""The bases of this project's commands: `--json`, an example in `--help`, bad input as one line and exit status 1.

Commands of Django's own that would act past the rules and the audit log are refused here too.
"""

from __future__ import annotations

import argparse
import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError

from accounts.database.errors import advice_for, cause_of
from accounts.models import User
from accounts.progress import Report, progress
from accounts.text.instants import parse_instant
from accounts.text.secrets import refusal_of

MAXIMUM_LINE_LENGTH = 10_000
MAXIMUM_MESSAGE_LENGTH = 500
# Rows of a table that are as wide as each other.
LAID_OUT_AT_ONCE = 1000


class Error(CommandError):
    """The command cannot do what it was asked; printed as one line, `Error: …`, with exit status 1."""

    def __init__(self, message: str, returncode: int = 1) -> None:
        # Many messages repeat what was typed; none repeats a token.
        super().__init__(in_one_line(refusal_of(message) or message), returncode=returncode)


def wrong_usage(message: str) -> Error:
    """What is raised where the words cannot be meant, whatever is stored: exit status 2, as of an unknown option."""
    return Error(message, returncode=2)


class CommandOfOurs(BaseCommand, ABC):
    """What every command of this project has: an example in its help, `--json`, no secret in its arguments."""

    example: ClassVar[str]
    requires_system_checks = []  # noqa: RUF012 - as Django declares it

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Django's parser, with the example at the end of the help, as it is typed."""
        kwargs["epilog"] = f"example:\n  {self.example}"
        kwargs["formatter_class"] = argparse.RawDescriptionHelpFormatter
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        refuse = parser.error
        # It repeats arguments that it does not know as they were typed.
        parser.error = lambda message: refuse(in_one_line(message))  # type: ignore[method-assign]
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--json` and the command's own options."""
        parser.add_argument("--json", action="store_true", help="print one JSON object on standard output")
        self.add_options(parser)

    def run_from_argv(self, argv: list[str]) -> None:
        """Run as Django does, unless an argument holds a secret: the refusal of an argument would repeat it."""
        if refusal := next(filter(None, map(refusal_of, argv)), ""):
            self.stderr.write(f"Error: {refusal}")
            sys.exit(1)
        super().run_from_argv(argv)

    @abstractmethod
    def add_options(self, parser: CommandParser) -> None:
        """Add the command's own options."""

    def watched(self, options: dict[str, Any]) -> AbstractContextManager[Report]:
        """A progress report for work that can take more than two seconds, on a terminal and not with `-v 0`.

        It goes to standard error, so `--json` has it too. Leave the block before a question is asked.
        """
        return progress(verbosity=options["verbosity"])


class Command(CommandOfOurs):
    """A command that does one thing. A subclass gives `help`, `example`, `add_options`, `run` and `lines`."""

    @abstractmethod
    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        """Do the work and return what `--json` prints. Raises `Error` or `ValidationError` for bad input."""

    @abstractmethod
    def lines(self, result: dict[str, Any]) -> list[str]:
        """The lines that a person reads in place of the JSON object."""

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the command and print its result."""
        with refused_in_one_line():
            result = self.run(options)
        self.stdout.write(self.answer(result, options))

    def answer(self, result: dict[str, Any], options: dict[str, Any]) -> str:
        """The text that is printed."""
        return json.dumps(result) if options["json"] else "\n".join(self.lines(result))


class ListCommand(CommandOfOurs):
    """A command that prints rows as they are read, however many, in little memory.

    A subclass gives `help`, `example`, `add_options`, `rows`, the `member` of the JSON object that holds them, the
    `columns` of the table, and what is said where there is `nothing`.
    """

    member: ClassVar[str]
    columns: ClassVar[tuple[str, ...]]
    nothing: ClassVar[str]

    @abstractmethod
    def rows(self, options: dict[str, Any], report: Report) -> Iterable[dict[str, Any]]:
        """Each row as `--json` prints it. Raises `Error` or `ValidationError` for bad input, before the first."""

    def watched(self, options: dict[str, Any]) -> AbstractContextManager[Report]:
        """A progress report where the rows go elsewhere; on a terminal they show themselves how far it is."""
        return progress(verbosity=0 if sys.stdout.isatty() else options["verbosity"])

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print each row as it comes."""
        with refused_in_one_line(), self.watched(options) as report:
            rows = self.rows(options, report)
            for piece in self.as_json(rows) if options["json"] else self.as_table(rows):
                self.stdout.write(piece, ending="")

    def as_json(self, rows: Iterable[dict[str, Any]]) -> Iterator[str]:
        """The JSON object in pieces; nothing before the first row was read, which may fail."""
        before = f"{{{json.dumps(self.member)}: ["
        for row in rows:
            yield before + json.dumps(row)
            before = ", "
        yield f"{before.removesuffix(', ')}]}}\n"

    def as_table(self, rows: Iterable[dict[str, Any]]) -> Iterator[str]:
        """The lines of a table; its columns widen where later rows are wider."""
        remaining = ([cell_of(row[column]) for column in self.columns] for row in rows)
        heads = [column.replace("_", " ").upper() for column in self.columns]
        portion = [heads, *islice(remaining, LAID_OUT_AT_ONCE)]
        if len(portion) == 1:
            yield f"{self.nothing}\n"
            return
        widths = [0] * len(heads)
        while portion:
            widths = [max(width, *map(len, cells)) for width, *cells in zip(widths, *portion, strict=True)]
            for line in portion:
                yield "  ".join(map(str.ljust, line, widths)).rstrip() + "\n"
            portion = list(islice(remaining, LAID_OUT_AT_ONCE))


@contextmanager
def refused_in_one_line() -> Iterator[None]:
    """Tell what bad input, or a database that refuses, raises in the block as an `Error`."""
    try:
        yield
    except ValidationError as error:
        raise Error(one_line(error)) from error
    except UnicodeError as error:
        raise Error("what was given is not UTF-8 text.") from error
    except DatabaseError as error:
        cause = cause_of(error)
        raise Error(f"the database refused ({cause}); {advice_for(cause, settings.COMMAND)}") from error


class RefusedCommand(BaseCommand):
    """Refuses in one line, whatever its arguments, and names what to use `instead`."""

    instead = ""

    def run_from_argv(self, argv: list[str]) -> None:
        """Refuse without a word about the options of the other command."""
        super().run_from_argv([*argv[:2], *({"-h", "--help"} & {*argv[2:]})])

    def add_arguments(self, parser: CommandParser) -> None:
        """Take every argument of the other command, to refuse it."""
        parser.add_argument("arguments", nargs="*", help="nothing is done with it")

    def handle(self, *_arguments: object, **_options: object) -> NoReturn:
        """Refuse."""
        raise Error(f"it would act past the rules and the audit log: use {self.instead}.")


def cell_of(value: Any) -> str:
    """A value as the cell of a table."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(value) or "-" if isinstance(value, list) else str(value or "-")


def in_one_line(text: str) -> str:
    """The text, shortened, with each line feed and each character that a terminal obeys as Python writes it."""
    line = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text[:MAXIMUM_MESSAGE_LENGTH])
    return line if len(text) <= MAXIMUM_MESSAGE_LENGTH >= len(line) else f"{line[: MAXIMUM_MESSAGE_LENGTH - 1]}…"


def one_line(error: ValidationError) -> str:
    """The messages of a validation error in one line, each after its field's name."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(
        " ".join(messages) if field == "__all__" else f"{field}: {' '.join(messages)}"
        for field, messages in error.message_dict.items()
    )


def parse_instant_option(option: str, text: str) -> datetime:
    """The ISO 8601 instant given for an option, in UTC where it names no offset; raises `Error`."""
    try:
        return parse_instant(text)
    except ValueError:
        raise wrong_usage(f"{option}: give a time like 2027-01-31T12:00:00Z.") from None


def place_of_file(text: str) -> Path:
    """The place of a file that an argument names; raises `ArgumentTypeError` for a name that cannot be printed."""
    if not text.isprintable():
        raise argparse.ArgumentTypeError("give a name that can be printed.")
    return Path(text)


def words_searched(text: str) -> str:
    """What is searched for, without white space around it, and without NUL, which PostgreSQL takes in no text."""
    return text.replace("\0", "").strip()


def find_user(username: str) -> User:
    """The user of that name, in any case; raises `Error`."""
    try:
        return User.objects.get_by_natural_key(username)
    except User.DoesNotExist:
        raise Error(f"there is no user named {username}.") from None


def find_user_who_is_here(username: str) -> User:
    """The user of that name, who is not deleted: nothing can be done to others; raises `Error`."""
    user = find_user(username)
    if user.deleted_at:
        raise Error(f"{username} is deleted.")
    return user


def user_result(user: Any) -> dict[str, Any]:
    """The facts about a user that `everybody` found."""
    return {
        "id": str(user.pk),
        "username": user.username,
        "kind": user.kind.lower(),
        "name": user.name,
        "email": user.email,
        "is_active": user.is_active,
        "is_administrator": user.is_administrator,
        "has_second_factor": user.has_second_factor,
        "groups": sorted(group.name for group in user.groups.all()),
        "last_sign_in_at": user.last_login.isoformat() if user.last_login else None,
    }


def secret_from_standard_input(what: str) -> str:
    """The one line of standard input, without its end; raises `Error` where there is none, or it has no end."""
    line = sys.stdin.readline(MAXIMUM_LINE_LENGTH + 1)
    if len(line) > MAXIMUM_LINE_LENGTH:
        raise Error(f"the {what} on standard input is longer than {MAXIMUM_LINE_LENGTH} characters.")
    if not line.rstrip("\r\n"):
        raise Error(f"no {what} on standard input.")
    return line.rstrip("\r\n")
