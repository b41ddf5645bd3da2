"""What `check_settings` found."""

from __future__ import annotations

from typing import Any

from django.db import OperationalError

from tests.command_line import Outcome, Runner


def found(command: Runner, name: str) -> tuple[bool | None, str]:
    """Whether the setting works, and what was found, once it has been seen that line and exit status say the same."""
    outcome = command("check_settings")
    (line,) = [line for line in outcome.stdout.splitlines() if line.startswith(f"{name}: ")]
    text = line.removeprefix(f"{name}: ")
    if text.startswith("not tried: "):
        return None, text
    works = not text.startswith("does not work: ")
    is_complained_of = name in outcome.stderr
    assert works is not is_complained_of
    assert outcome.status == (1 if outcome.stderr else 0)
    return works, text


def one_line_of_complaint(outcome: Outcome) -> list[str]:
    """The settings that the one line on standard error names."""
    assert (outcome.status, outcome.stderr.count("\n")) == (1, 1)
    return outcome.stderr.removeprefix("Error: this does not work: ").removesuffix(".\n").split(", ")


def fail(*_args: Any) -> None:
    raise OperationalError("the server closed the connection")
