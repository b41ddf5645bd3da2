"""What `make` and the pipeline promise: packages pinned with hashes among it (T61)."""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.command_line import BASE_DIR, PYPROJECT

pytestmark = pytest.mark.once

MAKEFILE = (BASE_DIR / "Makefile").read_text()
LOCK_FILES = sorted((BASE_DIR / "requirements").glob("*.txt"))


def lines_of_make_help(*arguments: str) -> list[str]:
    command = ["make", "--no-print-directory", *arguments]
    listed = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, timeout=30, check=True)
    return listed.stdout.splitlines()


def test_make_help_lists_every_target_with_what_it_does() -> None:
    (phony,) = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    listed = [re.fullmatch(r"make ([a-z-]+) +(\S.*)", line) for line in lines_of_make_help("help")]
    assert sorted(line[1] for line in listed if line) == sorted(phony.split())
    assert all(listed)


def test_make_alone_is_make_help() -> None:
    assert lines_of_make_help() == lines_of_make_help("help")


def test_make_has_the_targets_of_the_contract() -> None:
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
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


def named_in_lock_file(lock_file: Path, python: dict[str, str]) -> set[str]:
    """The packages that pip installs from a lock file with that Python."""
    entries = [Requirement(entry.split("--hash")[0]) for entry in requirements(lock_file.read_text())]
    return {canonicalize_name(entry.name) for entry in entries if not entry.marker or entry.marker.evaluate(python)}


def needed_with(python: dict[str, str]) -> set[str]:
    """The packages that the service needs with that Python, as each that is installed here says of itself."""
    wanted = [Requirement(line) for line in PYPROJECT["project"]["dependencies"]]
    needed: set[tuple[str, str]] = set()
    while wanted:
        requirement = wanted.pop()
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras} - {extra for known, extra in needed if known == name}:
            needed.add((name, extra))
            # Some are needed only by a Python that this one is not; they need nothing themselves.
            with suppress(PackageNotFoundError):
                entries = map(Requirement, distribution(name).requires or [])
                wanted += [one for one in entries if not one.marker or one.marker.evaluate({**python, "extra": extra})]
    return {name for name, _extra in needed}


@pytest.mark.parametrize("version", ["3.11.0", "3.11.2", "3.12.0", "3.13.0"])
@pytest.mark.parametrize("lock_file", LOCK_FILES, ids=lambda path: path.name)
def test_lock_file_holds_for_every_python_that_is_promised(lock_file: Path, version: str) -> None:
    python = {"python_full_version": version, "python_version": version.rpartition(".")[0]}
    needed = needed_with(python)
    assert "django" in needed
    assert ("async-timeout" in needed) == (version < "3.11.3")
    assert needed - named_in_lock_file(lock_file, python) == set()


@pytest.mark.parametrize("folder", ["tests/openid", "tests/audit_ui/lighthouse", "clients/node"])
def test_packages_of_npm_are_pinned_with_a_hash_and_without_the_address_of_a_registry(folder: str) -> None:
    text = (BASE_DIR / folder / "package-lock.json").read_text()
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


def test_pipeline_tries_a_fresh_checkout_with_the_python_of_debian_the_one_at_hand_and_the_newest() -> None:
    script = (BASE_DIR / ".ci" / "run").read_text()
    assert 'python3 tests/smoke.py "$python"' in script
    assert all(python in script for python in ("/usr/bin/python3", "command -v python3", "python3.13"))


def test_readme_names_the_lowest_python_of_the_package_and_the_ones_of_the_pipeline() -> None:
    readme = " ".join((BASE_DIR / "README.md").read_text().split())
    assert PYPROJECT["project"]["requires-python"] == ">=3.11"
    assert "Python 3.11 or later" in readme
    assert "3.11.2, as Debian 12 has it, and with 3.13" in readme


@pytest.fixture
def folder_to_install_in(tmp_path: Path) -> Path:
    """A folder with a lock file that lists nothing."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "install.py").write_text((BASE_DIR / "requirements" / "install.py").read_text())
    (tmp_path / "requirements" / "nothing.txt").write_text("")
    return tmp_path


def install(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "requirements/install.py", "nothing", *more]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def test_second_make_that_installs_at_the_same_time_is_refused_in_one_line(folder_to_install_in: Path) -> None:
    environment = folder_to_install_in / ".venv"
    environment.mkdir()
    with (environment / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = install(folder_to_install_in)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "Another make installs into .venv. Try again when it is done.\n"
    assert not (environment / "bin").exists()


def test_folder_that_cannot_be_written_is_named_in_one_line(folder_to_install_in: Path) -> None:
    (folder_to_install_in / ".venv").symlink_to("/proc")
    refused = install(folder_to_install_in)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert refused.stderr.startswith(".venv/lock cannot be written: ")


def test_virtual_environment_that_was_half_made_is_made_whole(folder_to_install_in: Path) -> None:
    programs = folder_to_install_in / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(sys.executable)
    assert install(folder_to_install_in).returncode == 0
    assert (programs / "pip").exists()


def test_another_folder_can_be_named_for_what_stays_out_of_the_service(folder_to_install_in: Path) -> None:
    assert install(folder_to_install_in, ".venv-bench").returncode == 0
    assert (folder_to_install_in / ".venv-bench" / "bin" / "pip").exists()
    assert not (folder_to_install_in / ".venv").exists()
