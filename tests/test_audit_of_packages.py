"""What comes from others is what was looked at, and what is known to be vulnerable is found (T61)."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from requirements import audit
from tests.command_line import BASE_DIR

pytestmark = pytest.mark.once

ADVISORY = """
id: PYSEC-2024-70
affected:
- package: {ecosystem: PyPI, name: django}
  ranges:
  - type: GIT
    events: [{introduced: "0"}]
  - type: ECOSYSTEM
    events: [{introduced: "5.0"}, {fixed: 5.0.8}, {introduced: "4.2"}, {fixed: 4.2.15}]
  versions: ["4.1"]
"""
LAST = (
    "id: PYSEC-2024-1\naffected: [{ranges: [{type: ECOSYSTEM, events: [{introduced: '0'}, {last_affected: '3'}]}]}]\n"
)


@pytest.fixture
def advisories(tmp_path: Path) -> Path:
    """A checkout of the database, with what it says of one package."""
    folder = tmp_path / "vulns" / "django"
    folder.mkdir(parents=True)
    (folder / "PYSEC-2024-70.yaml").write_text(ADVISORY)
    (folder / "PYSEC-2024-1.yaml").write_text(LAST)
    (folder / "PYSEC-2024-2.yaml").write_text(f"withdrawn: 2024-01-01\n{ADVISORY}")
    return tmp_path


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("5.0", ["PYSEC-2024-70"]),
        ("5.0.7", ["PYSEC-2024-70"]),
        ("5.0.8", []),
        ("5.2.19", []),
        ("4.2.14", ["PYSEC-2024-70"]),
        ("4.2.15", []),
        ("4.1", ["PYSEC-2024-70"]),
        ("3", ["PYSEC-2024-1"]),
        ("3.1", []),
    ],
)
def test_t61_an_advisory_is_found_for_the_versions_that_it_concerns(
    advisories: Path, version: str, found: list[str]
) -> None:
    assert list(audit.known(advisories, "django", version)) == [f"django {version}: {name}" for name in found]


def test_t61_every_package_of_a_lock_file_is_asked_about(advisories: Path) -> None:
    for path in (BASE_DIR / "requirements").glob("*.txt"):
        entries = [line for line in path.read_text().splitlines() if "==" in line]
        assert audit.of_folder(path, advisories) == (len(entries), [], [])


def test_t61_what_the_index_does_not_know_is_not_taken_for_sound() -> None:
    packages = [
        {"name": "a", "version": "1", "vulns": []},
        {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-2024-9", "fix_versions": ["3"]}]},
        {"name": "c", "skip_reason": "not found"},
    ]
    told = audit.of_pip_audit({"dependencies": packages}, [("a", "1"), ("b", "2"), ("c", "3")])
    assert told == (2, ["b 2: PYSEC-2024-9, mended in 3"], ["c: not found"])


def test_t61_what_the_answer_leaves_out_is_not_taken_for_sound() -> None:
    """As pip-audit does with a package whose marker does not hold on this machine."""
    packages = [{"name": "Not_Canonical", "version": "1", "vulns": []}]
    told = audit.of_pip_audit({"dependencies": packages}, [("not-canonical", "1"), ("colorama", "0.4.6")])
    assert told == (1, [], ["colorama 0.4.6: the answer leaves it out"])


def test_t61_the_index_is_asked_about_every_version_that_is_pinned_for_any_machine() -> None:
    for path in (BASE_DIR / "requirements").glob("*.txt"):
        pinned = list(audit.pins(path.read_text()))
        batches = audit.without_repeats(pinned)
        assert sorted(pin for batch in batches for pin in batch) == sorted(pinned)
        assert all(len(dict(batch)) == len(batch) for batch in batches)
    assert audit.without_repeats([("a", "1"), ("b", "1"), ("a", "2")]) == [[("a", "1"), ("b", "1")], [("a", "2")]]


@pytest.mark.parametrize(
    ("printed", "complained", "reason"),
    [
        ("", "", "nothing was answered"),
        ("", "\nusage: pip-audit\nERROR: no network\n", "ERROR: no network"),
        ("<html>502</html>\n", "", "<html>502</html>"),
        ("{", "", "{"),
        ("[]", "", "[]"),
        ("{}", "", "the answer names no packages"),
        ('{"message": "npm: no lock file"}', "npm error", "npm: no lock file"),
    ],
)
def test_t61_what_is_no_answer_tells_nothing_of_any_package(printed: str, complained: str, reason: str) -> None:
    document = audit.answer_in(printed, complained)
    assert audit.of_pip_audit(document, [("a", "1")]) == audit.of_npm_audit(document) == (0, [], [f"all: {reason}"])


def test_t61_a_folder_without_advisories_tells_nothing_of_any_package(tmp_path: Path) -> None:
    """A path that is mistyped, or a checkout that did not come to its end."""
    (tmp_path / "vulns" / "django").mkdir(parents=True)
    for folder in (tmp_path, tmp_path / "nowhere"):
        told = audit.of_folder(BASE_DIR / "requirements" / "runtime.txt", folder)
        assert told == (0, [], [f"all: {folder}/vulns holds no advisories"])


@pytest.mark.parametrize(
    ("of_two", "status"),
    [
        ([audit.Told(9, [], []), audit.Told(9, [], [])], 0),
        ([audit.Told(9, [], []), audit.Told(8, [], ["c: not found"])], 2),
        ([audit.Told(9, ["b 2: PYSEC-2024-9"], []), audit.Told(8, [], ["c: not found"])], 1),
    ],
)
def test_t61_the_exit_status_is_0_for_what_is_known_to_be_sound_alone(
    monkeypatch: pytest.MonkeyPatch, of_two: list[audit.Told], status: int
) -> None:
    monkeypatch.setattr(audit, "told", lambda _advisories: dict(zip("ab", of_two, strict=True)))
    assert audit.main() == status


def test_t61_npm_tells_what_is_vulnerable() -> None:
    document = {"vulnerabilities": {"a": {"severity": "high"}}, "metadata": {"dependencies": {"total": 7}}}
    assert audit.of_npm_audit(document) == (7, ["a: high"], [])


def test_t61_every_lock_file_of_npm_is_asked_about() -> None:
    found = {str(path.parent.relative_to(BASE_DIR)) for path in BASE_DIR.glob("[!.]*/**/package-lock.json")}
    assert {name for name in found if "node_modules" not in name} == set(audit.OF_NPM)


def test_t61_a_file_that_was_copied_is_the_one_that_was_looked_at() -> None:
    row = re.compile(r"^\| `([^`]+)` \| .+ \| ([0-9.]+) \| `([0-9a-f]{64})` \|$", re.MULTILINE)
    rows = row.findall((BASE_DIR / "CONTRIBUTING.md").read_text())
    assert {name for name, _version, _digest in rows} == {"static/icons.svg", "tests/browser/vendor/axe.min.js"}
    for name, version, digest in rows:
        content = (BASE_DIR / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
        assert version in content[:200].decode()
