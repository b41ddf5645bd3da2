"""`python requirements/audit.py [FOLDER]`: whether a package that a lock file pins is known to be vulnerable.

pip-audit and npm ask the indexes of the packages. Where those do not answer, the folder is asked for the packages for
Python: a checkout of the advisory database of the PyPA, in which each advisory is a file in OSV format.

The exit status is 0 where all were asked about and none is known to be vulnerable, 1 where one is, and 2 where that
could not be asked of all: to know nothing is not to know that all is well.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

HERE = Path(__file__).resolve().parent.parent
OF_NPM = ("clients/node", "tests/openid", "tests/audit_ui/lighthouse")


class Told(NamedTuple):
    """What is known of the packages of a lock file: a line for each that is vulnerable, or that nobody knows of."""

    asked: int
    vulnerable: list[str]
    unknown: list[str]


def of_index(lock_file: Path) -> Told:
    """What the index of Python says."""
    options = ["--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    command = [sys.executable, "-m", "pip_audit", *options, "--requirement", str(lock_file)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if not ended.stdout.startswith("{"):
        return Told(0, [], [f"all: {ended.stderr.strip().splitlines()[-1]}"])
    return of_pip_audit(json.loads(ended.stdout))


def of_pip_audit(document: dict[str, Any]) -> Told:
    """What pip-audit's answer says."""
    packages = document["dependencies"]
    vulnerable = [
        f"{package['name']} {package['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'none'}"
        for package in packages
        for found in package.get("vulns", [])
    ]
    unknown = [f"{package['name']}: {package['skip_reason']}" for package in packages if "skip_reason" in package]
    return Told(len(packages) - len(unknown), vulnerable, unknown)


def of_folder(lock_file: Path, advisories: Path) -> Told:
    """What the advisories of the folder say."""
    pinned = list(pins(lock_file.read_text()))
    found = [line for name, version in pinned for line in known(advisories, name, version)]
    return Told(len(pinned), found, [])


def pins(text: str) -> Iterator[tuple[str, str]]:
    """The names and versions that a lock file pins."""
    for line in text.splitlines():
        if line[:1].isalnum():
            requirement = Requirement(line.rstrip("\\").strip())
            (specifier,) = requirement.specifier
            yield canonicalize_name(requirement.name), specifier.version


def known(advisories: Path, name: str, version: str) -> Iterator[str]:
    """A line for each advisory that is about this version and was not withdrawn."""
    for path in sorted((advisories / "vulns" / name).glob("*.yaml")):
        advisory = yaml.safe_load(path.read_text())
        if "withdrawn" not in advisory and any(concerns(part, version) for part in advisory["affected"]):
            yield f"{name} {version}: {advisory['id']}"


def concerns(part: dict[str, Any], version: str) -> bool:
    """Whether what is affected holds the version: it is listed, or lies in a range of versions."""
    ranges = [one["events"] for one in part.get("ranges", []) if one["type"] == "ECOSYSTEM"]
    return version in part.get("versions", []) or any(lies_in(events, Version(version)) for events in ranges)


def lies_in(events: list[dict[str, str]], version: Version) -> bool:
    """Whether the version comes after a fault was introduced and before it was mended, told in any order."""
    inside = False
    for at, what in sorted((Version(at), what) for event in events for what, at in event.items()):
        if what == "introduced" and version >= at:
            inside = True
        if (what == "fixed" and version >= at) or (what == "last_affected" and version > at):
            inside = False
    return inside


def of_npm(folder: Path) -> Told:
    """What the index of npm says of the lock file in the folder."""
    if not shutil.which("npm"):
        return Told(0, [], ["all: npm is not installed"])
    command = ["npm", "audit", "--package-lock-only", "--json"]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    document = json.loads(ended.stdout or "{}")
    if "vulnerabilities" not in document:
        return Told(0, [], [f"all: {document.get('message') or ended.stderr.strip()}"])
    vulnerable = [f"{name}: {found['severity']}" for name, found in document["vulnerabilities"].items()]
    return Told(document["metadata"]["dependencies"]["total"], vulnerable, [])


def told(advisories: Path | None) -> dict[str, Told]:
    """What is known of each lock file, by its name."""
    found = {}
    for path in sorted((HERE / "requirements").glob("*.txt")):
        found[f"requirements/{path.name}"] = of_folder(path, advisories) if advisories else of_index(path)
    return found | {f"{name}/package-lock.json": of_npm(HERE / name) for name in OF_NPM}


def main(advisories: Path | None = None) -> int:
    """Say it, and return the exit status."""
    found = told(advisories)
    for name, one in found.items():
        print(f"{name}: {one.asked} asked about, {len(one.vulnerable)} vulnerable, {len(one.unknown)} unknown")
        for line in [*one.vulnerable, *(f"nobody could say: {line}" for line in one.unknown)]:
            print(f"  {line}")
    if any(one.vulnerable for one in found.values()):
        return 1
    return 2 if any(one.unknown for one in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
