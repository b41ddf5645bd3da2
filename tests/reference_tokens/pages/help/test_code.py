"""The code that the help shows does what the help says: it is run, or read where nothing here runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import NamedTuple

import pytest

from reference_tokens.pages.help.library import EXAMPLE_BASE_URL, FOLDER, SLUGS
from reference_tokens.pages.help.markdown import PARSER
from tests.clients.automation import MANAGEMENT_API
from tests.programs import node
from tests.service import Service

pytestmark = pytest.mark.once


class Code(NamedTuple):
    """A block of code of a page."""

    page: str
    language: str
    text: str


BLOCKS = [
    Code(slug, token.info, token.content)
    for slug in SLUGS
    for token in PARSER.parse((FOLDER / "en" / f"{slug}.md").read_text())
    if token.type == "fence"
]
PAIRS = {"(": ")", "[": "]", "{": "}"}


def said_by(service: Service, code: str, token: str, *program: str) -> str:
    """What the code prints, against the running service."""
    settings = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "REFERENCE_TOKEN": token,
        "CLIENT_ID": service.secrets["client_id"],
        "CLIENT_SECRET": service.secrets["client_secret"],
    }
    run = subprocess.run(
        [*program, code.replace(EXAMPLE_BASE_URL, service.address)],
        env=settings,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return run.stdout


def is_balanced(code: str) -> bool:
    """Whether every bracket is closed, in the order in which they were opened."""
    expected: list[str] = []
    for character in code:
        if character in PAIRS:
            expected.append(PAIRS[character])
        elif character in PAIRS.values() and (not expected or expected.pop() != character):
            return False
    return not expected


def blocks_in(language: str) -> list[Code]:
    return [block for block in BLOCKS if block.language == language]


def test_every_language_of_code_is_tried_here() -> None:
    assert {block.language for block in BLOCKS} == {"sh", "python", "js", "csharp", "powerquery"}


def management_token(service: Service) -> str:
    """A token of an administrator that calls the management API."""
    service.manage("update_application", MANAGEMENT_API, "--access-tokens", "AdministratorsOnly")
    owner = ("--user", service.person("ada", "--administrator"))
    issued = service.manage("issue_token", "--application", MANAGEMENT_API, *owner, "--scopes", "self:read")
    return str(issued["token"])


@pytest.mark.parametrize("block", blocks_in("sh"), ids=lambda block: block.page)
def test_what_is_shown_for_a_shell_is_answered(service: Service, block: Code) -> None:
    token = management_token(service) if block.page == "automation" else service.token("--user", "alice")
    service.manage("update_application", "com.example/excel", "--allow-self-rotation")
    answer = json.loads(said_by(service, block.text, token, "sh", "-c"))
    assert "error" not in answer


def test_what_is_shown_for_python_tells_the_scopes(service: Service) -> None:
    (block,) = blocks_in("python")
    token = service.token("--user", "alice", "--scopes", "read update")
    assert said_by(service, block.text, token, sys.executable, "-c") == "['read', 'update']\n"


@pytest.mark.skipif(node() is None, reason="needs node")
def test_what_is_shown_for_javascript_tells_the_scopes(service: Service) -> None:
    (block,) = blocks_in("js")
    token = service.token("--user", "alice", "--scopes", "read update")
    assert said_by(service, block.text, token, "node", "--input-type=module", "--eval") == "[ 'read', 'update' ]\n"


@pytest.mark.parametrize("block", [*blocks_in("csharp"), *blocks_in("powerquery")], ids=lambda block: block.language)
def test_what_nothing_here_runs_is_whole_and_sends_the_header(block: Code) -> None:
    assert is_balanced(block.text)
    assert "Authorization" in block.text
    assert "Bearer" in block.text


@pytest.mark.parametrize("code", ["(]", "(", ")"])
def test_a_bracket_too_few_or_too_many_is_seen(code: str) -> None:
    assert not is_balanced(code)
