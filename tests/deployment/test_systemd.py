"""The files of deploy/systemd/ are as systemd wants them, and leave the service little that it may do."""

from __future__ import annotations

import os
import pwd
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests import programs
from tests.site_proxies import DEPLOY

pytestmark = pytest.mark.once

FOLDER = DEPLOY / "systemd"
SERVICES = sorted(FOLDER.glob("*.service"))
PROGRAM = "/opt/reference-tokens/bin/reference-tokens"
# In tenths. systemd calls up to 49 "OK", and a service with nothing of all this has 96: what is left is the network.
MOST_EXPOSED = 12

needs_systemd = pytest.mark.skipif(not programs.systemd_analyze(), reason="systemd is not installed")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files to others")


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """Every unit, with a program of this machine in place of the service's."""
    for unit in [*SERVICES, *FOLDER.glob("*.timer"), *FOLDER.glob("*.socket")]:
        (tmp_path / unit.name).write_text(unit.read_text().replace(PROGRAM, "/bin/true"))
    return sorted(tmp_path.iterdir())


def ended(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """How a program ended."""
    return subprocess.run(words, capture_output=True, text=True, check=False)


@needs_systemd
def test_units_are_as_systemd_wants_them(units: list[Path]) -> None:
    verified = ended("systemd-analyze", "verify", *units)
    assert (verified.returncode, [line for line in verified.stderr.splitlines() if "reference-tokens" in line]) == (
        0,
        [],
    )


@needs_systemd
@pytest.mark.parametrize("name", [service.name for service in SERVICES])
def test_no_service_may_do_more_than_it_must(units: list[Path], name: str) -> None:
    (unit,) = [unit for unit in units if unit.name == name]
    said = ended("systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", unit)
    assert said.returncode == 0, said.stdout + said.stderr


def test_what_one_service_may_not_no_other_may() -> None:
    sandboxes = {
        service.read_text().partition("\n# What it may not")[2].partition("\n\n")[0].strip() for service in SERVICES
    }
    assert len(SERVICES) == 3
    assert len(sandboxes) == 1
    assert "SystemCallFilter=" in sandboxes.pop()


@needs_systemd
@needs_root
def test_user_and_folders_are_made(tmp_path: Path) -> None:
    root = f"--root={tmp_path}"
    (tmp_path / "etc").mkdir()
    for words in (
        ("systemd-sysusers", root, FOLDER / "sysusers.conf"),
        ("systemd-tmpfiles", root, "--create", FOLDER / "tmpfiles.conf"),
    ):
        made = ended(*words)
        assert made.returncode == 0, made.stderr
    passwd = (tmp_path / "etc/passwd").read_text()
    assert "Reference Tokens:/var/lib/reference-tokens:" in passwd
    for folder in ("etc/reference-tokens", "var/backups/reference-tokens"):
        assert (tmp_path / folder).stat().st_mode & 0o777 == 0o700


@needs_root
def test_commands_have_the_settings_of_the_service(tmp_path: Path) -> None:
    settings = tmp_path / "environment"
    settings.write_text("PRODUCT_NAME='a \"b\" # & $c \\d'\n")
    me = pwd.getpwuid(os.geteuid()).pw_name
    script = (FOLDER / "reference-tokens.sh").read_text()
    for there, here in {
        PROGRAM: "/usr/bin/env",
        "/etc/reference-tokens/environment": str(settings),
        "/var/lib/reference-tokens": str(tmp_path),
        "reuid reference-tokens": f"reuid {me}",
        "regid reference-tokens": f"regid {me}",
    }.items():
        assert there in script
        script = script.replace(there, here)
    told = ended("sh", "-c", script, "sh", "-0")
    assert {f"DATA_DIR={tmp_path}", 'PRODUCT_NAME=a "b" # & $c \\d'} <= set(told.stdout.split("\0")), told.stderr


def test_each_backup_has_a_file_of_its_own() -> None:
    unit = (FOLDER / "reference-tokens-backup.service").read_text()
    (command,) = [line.partition("=")[2] for line in unit.splitlines() if line.startswith("ExecStart=")]
    words = shlex.split(command.replace("%%", "%").replace(f"exec {PROGRAM}", "echo"))
    called = ended(*words).stdout
    assert re.fullmatch(r"backup /var/backups/reference-tokens/\d{4}-\d\d-\d\dT\d{6}Z\n", called)
