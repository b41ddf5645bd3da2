"""Whatever a command is given, it answers with its result or one clear line; what it refuses changes nothing."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import NamedTuple

import pytest
from django.core.management import ManagementUtility
from django.db import transaction

from accounts.commands import MAXIMUM_MESSAGE_LENGTH, CommandOfOurs
from tests.command_line import Outcome, Runner, nothing_stored
from tests.stored import everything_stored
from tests.tokens_project.test_command_line import COMMANDS, REFUSED, typed

__all__ = ["typed"]

UNUSABLE = {
    "NUL": "a\0b",
    "control characters": "a\x1b[2J\nb",
    "another direction": "a\u202eb",
    "no UTF-8": "a\udcffb",
    "too long": "x" * 20_000,
}
# What may be a name, or leave something empty.
STRANGE = {"unknown": "nobody-of-this-name", "empty": "", "a number": "-1", "blank": "  "}
# What is only looked for: it finds nothing, and that is an answer. And where secrets go, of which there are none.
UNHEARD = {"--search", "--scope", "--secrets-to"}


class Slot(NamedTuple):
    """An argument of a command, with the command line in which it can be given."""

    name: str
    before: list[str]
    after: list[str]

    def filled(self, value: str) -> list[str]:
        """The command line with this value."""
        given = f"{self.name}={value}" if self.name.startswith("-") else value
        return [*self.before, given, *self.after]


def example_of(name: str) -> list[str]:
    """The words of the command's example."""
    return shlex.split(command_called(name).example.partition(" > ")[0])


def command_called(name: str) -> CommandOfOurs:
    command = ManagementUtility().fetch_command(name)
    assert isinstance(command, CommandOfOurs)
    return command


def own_actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """The arguments of the command itself that take a value: those of every command of Django's are none of ours."""
    every = {action.dest for action in NoArguments().create_parser("manage.py", "none")._actions}
    return [action for action in parser._actions if action.dest not in every and action.nargs != 0]


class NoArguments(CommandOfOurs):
    help = example = "none"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """None."""


def words_of_example(name: str, parser: argparse.ArgumentParser) -> list[tuple[str, list[str]]]:
    """The words of the example after the command, each option with its value, by the argument that they are of."""
    words, found = example_of(name)[1:], []
    options = {option: action for action in parser._actions for option in action.option_strings}
    positional = [action for action in parser._actions if not action.option_strings]
    while words:
        word = words.pop(0)
        if action := options.get(word):
            found.append((action.dest, [word, words.pop(0)] if action.nargs is None else [word]))
        else:
            found.append((positional.pop(0).dest, [word]))
    return found


def slots_of(name: str) -> Iterator[Slot]:
    """Each argument that takes a value, among the words of the example that it can stand with."""
    parser = command_called(name).create_parser("manage.py", name)
    example = words_of_example(name, parser)
    for action in own_actions(parser):
        beside = {action.dest}
        for group in parser._mutually_exclusive_groups:
            dests = {other.dest for other in group._group_actions}
            beside |= dests if action.dest in dests else set()
        label = action.option_strings[0] if action.option_strings else action.dest
        kept = [words for dest, words in example if dest not in beside]
        positions = [number for number, (dest, _words) in enumerate(example) if dest == action.dest]
        place = positions[0] if positions and not action.option_strings else len(kept)
        yield Slot(label, [name, *chain(*kept[:place])], [*chain(*kept[place:])])


@contextmanager
def taken_back() -> Iterator[None]:
    """What the block stores is not kept."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def is_clear(outcome: Outcome) -> bool:
    """Whether it was refused in one line that a person can read: after how it is used where the usage is wrong."""
    *usage, line = outcome.stderr.splitlines() or [""]
    is_one_line = outcome.is_one_line_of_refusal or outcome.is_one_line_of_wrong_usage
    return (
        (is_one_line or (outcome.is_wrong_usage and bool(usage)))
        and line.isprintable()
        and len(line) <= MAXIMUM_MESSAGE_LENGTH + len("manage.py rotate_resource_server_secret: error: ")
        and "the database refused" not in line
        and "Traceback" not in outcome.stderr
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_of_every_command_refuses_what_cannot_be_meant(command: Runner, typed: str, name: str) -> None:
    before, wrong = everything_stored(), []
    for slot in slots_of(name):
        for kind, value in (UNUSABLE | STRANGE).items():
            with taken_back():
                outcome = command(*slot.filled(value), stdin=typed)
                is_changed = everything_stored() != before
            if outcome.status == 0:
                is_fine = kind in STRANGE or slot.name in UNHEARD
            else:
                is_fine = is_clear(outcome) and not is_changed
            wrong += [] if is_fine else [(slot.name, kind, outcome, is_changed)]
    assert wrong == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_in_one_line_that_nothing_was_typed(command: Runner, typed: str, name: str) -> None:
    example = example_of(name)
    options = command_called(name).create_parser("manage.py", name)._option_string_actions
    reads = [["--token-stdin"]] if "--token-stdin" in options else []
    reads += [["--password-stdin"]] if "--password-stdin" in options else []
    for words in reads or [[]]:
        kept = [name, *words, "--yes"] if words == ["--token-stdin"] and "--yes" in options else [name, *words]
        line = kept if words == ["--token-stdin"] else [*example, *words]
        with taken_back():
            outcome = command(*line, stdin="")
        assert (outcome.status == 0 and not words) or is_clear(outcome)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.once
def test_every_command_refuses_an_option_and_an_argument_too_many(command: Runner, typed: str, name: str) -> None:
    example = example_of(name)
    for odd in ("--no-such\x1b[2J\n", "one\x1b[2J", "x" * 20_000):
        with nothing_stored():
            outcome = command(*example, odd, stdin=typed)
        assert outcome.is_wrong_usage
        assert is_clear(outcome), outcome


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.once
def test_every_command_says_which_argument_is_missing(command: Runner, db: None, name: str) -> None:
    parser = command_called(name).create_parser("manage.py", name)
    if any(action.required for action in own_actions(parser)):
        with nothing_stored():
            outcome = command(name)
        assert outcome.is_wrong_usage
        assert is_clear(outcome)


@pytest.mark.parametrize("name", sorted(REFUSED))
@pytest.mark.parametrize("value", UNUSABLE.values(), ids=UNUSABLE)
@pytest.mark.once
def test_what_is_refused_whole_is_refused_in_one_line(command: Runner, db: None, name: str, value: str) -> None:
    outcome = command(name, value)
    assert outcome.is_one_line_of_refusal
    assert is_clear(outcome)
