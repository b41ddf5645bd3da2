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
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

HERE = Path(__file__).resolve().parent.parent
# The name and the version of a package.
Pin = tuple[str, str]
OF_NPM = ("clients/node", "tests/openid", "tests/audit_ui/lighthouse")


class Told(NamedTuple):
    """What is known of the packages of a lock file: a line for each that is vulnerable, or that nobody knows of."""

    asked: int
    vulnerable: list[str]
    unknown: list[str]


def of_index(lock_file: Path) -> Told:
    """What the index of Python says, also of the packages that this machine would leave out by their markers."""
    batches = without_repeats(pins(lock_file.read_text()))
    asked, vulnerable, unknown = zip(*map(of_batch, batches), strict=True)
    return Told(sum(asked), list(chain(*vulnerable)), list(chain(*unknown)))


def without_repeats(pinned: Iterable[Pin]) -> list[list[Pin]]:
    """The pins in batches: pip-audit takes no package twice, and a lock file may pin a version for each Python."""
    batches: dict[int, list[Pin]] = {}
    times = Counter[str]()
    for name, version in pinned:
        batches.setdefault(times[name], []).append((name, version))
        times[name] += 1
    return list(batches.values())


def of_batch(pinned: list[Pin]) -> Told:
    """What the index of Python says of these."""
    options = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.writelines(f"{name}=={version}\n" for name, version in pinned)
        file.flush()
        command = [sys.executable, "-m", "pip_audit", *options, "--requirement", file.name]
        return of_pip_audit(answer_to(command), pinned)


def answer_to(command: list[str], folder: Path = HERE) -> dict[str, Any]:
    """The JSON object that the command prints in the folder."""
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return answer_in(ended.stdout, ended.stderr)


def answer_in(printed: str, complained: str) -> dict[str, Any]:
    """The JSON object that was printed; where that is none, one with the `message` that says why."""
    with suppress(json.JSONDecodeError):
        document = json.loads(printed)
        if isinstance(document, dict):
            return document
    lines = [line for line in [*printed.splitlines(), *complained.splitlines()] if line.strip()]
    return {"message": lines[-1].strip() if lines else "nothing was answered"}


def reason_in(document: dict[str, Any]) -> str:
    """Why an answer says nothing of packages."""
    return str(document.get("message") or "the answer names no packages")


def of_pip_audit(document: dict[str, Any], pinned: list[Pin]) -> Told:
    """What pip-audit's answer says of what is pinned."""
    if "dependencies" not in document:
        return Told(0, [], [f"all: {reason_in(document)}"])
    packages = document["dependencies"]
    vulnerable = [
        f"{package['name']} {package['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'none'}"
        for package in packages
        for found in package.get("vulns", [])
    ]
    unknown = [f"{package['name']}: {package['skip_reason']}" for package in packages if "skip_reason" in package]
    told = {canonicalize_name(package["name"]) for package in packages}
    unknown += [f"{name} {version}: the answer leaves it out" for name, version in pinned if name not in told]
    return Told(len(pinned) - len(unknown), vulnerable, unknown)


def of_folder(lock_file: Path, advisories: Path) -> Told:
    """What the advisories of the folder say; where it holds none, nothing was asked about."""
    if not any(advisories.glob("vulns/*/*.yaml")):
        return Told(0, [], [f"all: {advisories}/vulns holds no advisories"])
    pinned = list(pins(lock_file.read_text()))
    found = [line for name, version in pinned for line in known(advisories, name, version)]
    return Told(len(pinned), found, [])


def pins(text: str) -> Iterator[Pin]:
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
    return of_npm_audit(answer_to(["npm", "audit", "--package-lock-only", "--json"], folder))


def of_npm_audit(document: dict[str, Any]) -> Told:
    """What npm's answer says."""
    if "vulnerabilities" not in document:
        return Told(0, [], [f"all: {reason_in(document)}"])
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
