"""What `make` and the pipeline promise."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.command_line import BASE_DIR

pytestmark = pytest.mark.once

MAKEFILE = (BASE_DIR / "Makefile").read_text()
LOCK_FILES = sorted((BASE_DIR / "requirements").glob("*.txt"))


def lines_of_make_help(*arguments: str) -> list[str]:
    command = ["make", "--no-print-directory", *arguments]
    listed = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, timeout=30, check=True)
    return listed.stdout.splitlines()


def test_make_help_lists_every_target_with_what_it_does() -> None:
    (phony,) = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    listed = [re.fullmatch(r"make ([a-z]+) +(\S.*)", line) for line in lines_of_make_help("help")]
    assert sorted(line[1] for line in listed if line) == sorted(phony.split())
    assert all(listed)


def test_make_alone_is_make_help() -> None:
    assert lines_of_make_help() == lines_of_make_help("help")


def test_make_has_the_targets_of_the_contract() -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    assert {"run", "test", "install", "check"} <= targets


def test_every_script_that_make_runs_is_there() -> None:
    scripts = re.findall(r"\bsh (\S+\.sh)\b", MAKEFILE)
    assert scripts
    assert [script for script in scripts if not (BASE_DIR / script).exists()] == []


def requirements(text: str) -> list[str]:
    """The entries of a lock file, each on one line, without comments."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    return [line for line in joined.splitlines() if line.strip()]


@pytest.mark.parametrize("lock_file", LOCK_FILES, ids=lambda path: path.name)
def test_every_package_is_pinned_with_a_hash(lock_file: Path) -> None:
    entries = requirements(lock_file.read_text())
    pinned = re.compile(r"[A-Za-z0-9._-]+(\[[a-z0-9,_-]+\])?==\S+( ; [^#]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*")
    assert entries
    assert [entry.split()[0] for entry in entries if not pinned.fullmatch(entry)] == []


@pytest.mark.parametrize("lock_file", LOCK_FILES, ids=lambda path: path.name)
def test_lock_file_names_no_index(lock_file: Path) -> None:
    text = lock_file.read_text()
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|--trusted-host", text)


def test_there_is_a_lock_file_for_running_for_postgresql_and_for_developing() -> None:
    assert {"runtime.txt", "postgresql.txt", "development.txt"} <= {path.name for path in LOCK_FILES}


def test_every_lock_file_agrees_on_the_packages_of_the_service() -> None:
    runtime = {line.split()[0] for line in requirements((BASE_DIR / "requirements" / "runtime.txt").read_text())}
    for lock_file in LOCK_FILES:
        assert runtime <= {line.split()[0] for line in requirements(lock_file.read_text())}


def test_packages_of_npm_are_pinned_with_a_hash_and_without_the_address_of_a_registry() -> None:
    text = (BASE_DIR / "tests" / "openid" / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    packages.pop("")
    assert packages
    assert [name for name, package in packages.items() if not package["integrity"].startswith("sha512-")] == []
    assert not re.search(r"https?://|resolved", text)


def test_pipeline_runs_every_check_and_every_test_and_leaves_nothing_out() -> None:
    script = (BASE_DIR / ".ci" / "run").read_text()
    lines = script.splitlines()
    assert {"make check", "make test", "set -eu"} <= set(lines)
    assert "CI=true" in script
    assert os.access(BASE_DIR / ".ci" / "run", os.X_OK)


@pytest.mark.parametrize("script", [".ci/run", "tests/check.sh"])
def test_script_is_valid_shell(script: str) -> None:
    shell = "bash" if script == ".ci/run" else "sh"
    assert subprocess.run([shell, "-n", script], cwd=BASE_DIR, timeout=30, check=False).returncode == 0
