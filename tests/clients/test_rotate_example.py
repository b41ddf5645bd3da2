"""docs/examples/rotate-token.sh, as a job runs it against the product."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.command_line import BASE_DIR
from tests.service import Service

pytestmark = pytest.mark.once

SCRIPT = BASE_DIR / "docs" / "examples" / "rotate-token.sh"
APPLICATION = "com.example/excel"


@pytest.fixture
def file(tmp_path: Path, service: Service) -> Path:
    """A job's file with its token."""
    path = tmp_path / "the job's token"
    path.write_text(service.token("--user", "alice"))
    return path


def run(service: Service, file: Path) -> subprocess.CompletedProcess[str]:
    command = ["sh", str(SCRIPT), service.address, str(file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def allow(service: Service, option: str) -> None:
    service.manage("update_application", APPLICATION, option)


def test_tok10_a_job_rotates_its_own_token_again_and_again(service: Service, file: Path) -> None:
    allow(service, "--allow-self-rotation")
    tokens = [file.read_text()]
    for _turn in range(2):
        outcome = run(service, file)
        assert (outcome.returncode, outcome.stdout, outcome.stderr) == (0, "", "")
        tokens.append(file.read_text().strip())
    assert len(set(tokens)) == 3
    assert [service.holder_of(token) for token in tokens] == ["alice"] * 3
    assert (file.stat().st_mode & 0o777, [path.name for path in file.parent.iterdir()]) == (0o600, [file.name])


def test_where_it_may_not_the_file_keeps_the_old_token_and_the_reason_is_said(service: Service, file: Path) -> None:
    allow(service, "--no-allow-self-rotation")
    before = file.read_text()
    outcome = run(service, file)
    assert outcome.returncode == 1
    assert "Its application does not let a token rotate itself." in outcome.stderr
    assert file.read_text() == before
    assert service.holder_of(before) == "alice"
