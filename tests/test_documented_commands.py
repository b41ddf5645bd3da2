"""Every command line that the README and docs/ show is one that its command takes; those for scripts are run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest
from django.core.management import ManagementUtility

from accounts.models import User
from tests.command_line import BASE_DIR, Runner
from tests.factories import ResourceServerFactory, UserFactory, issued_pat
from tests.tokens_project.test_command_line import COMMANDS
from trusted_apps.models import TrustedApplication

DOCUMENTS = [BASE_DIR / "README.md", *sorted((BASE_DIR / "docs").rglob("*.md"))]
# In a block, behind either name of the command line; in a sentence or a table, between backticks and with an argument.
IN_BLOCKS = re.compile(r"^.*?(?:manage\.py|reference-tokens) ([a-z_]+\b[^|<>;&)\n`]*)", re.MULTILINE)
IN_SENTENCES = re.compile(rf"`((?:{'|'.join(COMMANDS)}) [^`\n]+)`")


class Line(NamedTuple):
    """A command line of a document."""

    document: Path
    words: str


def lines_of(document: Path) -> list[Line]:
    """The command lines of a document."""
    text = document.read_text()
    found = [*IN_BLOCKS.findall(text), *IN_SENTENCES.findall(text)]
    return [Line(document, words.strip()) for words in found if words.split()[0] in COMMANDS]


LINES = [line for document in DOCUMENTS for line in lines_of(document)]
FOR_SCRIPTS = IN_SENTENCES.findall(
    (BASE_DIR / "docs/command-line.md").read_text().partition("## Work for scripts")[2].partition("\n## ")[0]
)


def test_command_lines_are_found() -> None:
    assert len(LINES) > 30
    assert len(FOR_SCRIPTS) == 9


@pytest.mark.parametrize("line", LINES, ids=[f"{line.document.name}: {line.words}" for line in LINES])
@pytest.mark.once
def test_every_command_line_that_is_shown_is_one_that_its_command_takes(line: Line) -> None:
    name, *words = shlex.split(line.words)
    parser = ManagementUtility().fetch_command(name).create_parser("manage.py", name)
    named = [action for action in parser._actions if action.required or not action.option_strings]
    # What is named without its arguments, as in "`issue_token --json`", is no whole command line.
    for action in named:
        action.required = False
        if not action.option_strings and not words:
            action.nargs = "?"
    for group in parser._mutually_exclusive_groups:
        group.required = False
    parser.parse_args(words)


@pytest.mark.parametrize("line", FOR_SCRIPTS)
def test_what_is_shown_for_scripts_works(
    command: Runner, alice: User, application: TrustedApplication, line: str
) -> None:
    UserFactory.create(username="ada", administrator=True)
    ResourceServerFactory.create(name="Orders API")
    issued = issued_pat(alice, application)
    outcome = command(*shlex.split(line), stdin=f"{issued.plaintext}\n")
    assert (outcome.status, outcome.stderr) == (0, "")
    assert outcome.stdout
