"""What docs/operations.md says to type, typed: in a folder that stands for the machine.

The steps are those of the page; a link to a section of another page stands for the commands of that section. Nothing is
changed but the names of places, and the programs that only root of a whole machine can use.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import site
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.command_line import BASE_DIR
from tokens_project import VERSION

DOCS, DEPLOY = BASE_DIR / "docs", BASE_DIR / "deploy"
# Where systemd finds what deploy/systemd holds.
UNIT_FOLDERS = ("systemd/system", "sysusers.d", "tmpfiles.d")
# In place of those that change accounts or services of the whole machine, and of the one that fetches packages.
PROGRAMS = {
    "useradd": "exit 0",
    "scp": "exit 0",
    "systemd-sysusers": "exit 0",
    "systemd-tmpfiles": "exit 0",
    "systemctl": 'case $1 in daemon-reload) exit 0 ;; esac\nexec "$SERVE"',
    # As pip would fetch them: those that the tests run with.
    "lend-packages": 'printf "%s\\n" {packages} > "$(echo "$1"/lib/python*/site-packages)/lent.pth"',
    "chown": "exit 0",
    "python3": f'exec {sys.executable} "$@"',
    # Nobody is another user here.
    "install": r"""
words=""
while [ $# -gt 0 ]; do
    case $1 in
        -o|-g) shift ;;
        *) words="$words '$1'" ;;
    esac
    shift
done
eval exec /usr/bin/install "$words"
""",
    "setpriv": """
while :; do
    case $1 in
        --*=*|--*-groups) shift ;;
        --*) shift 2 ;;
        *) exec "$@" ;;
    esac
done
""",
}


class Block(NamedTuple):
    """Commands that stand together, and where."""

    place: str
    language: str
    text: str


def blocks_of_journey() -> list[Block]:
    """The commands of the first seven steps, in their order; the others are for people."""
    page = (DOCS / "operations.md").read_text()
    steps = page.partition("\n## From nothing to two machines\n")[2].partition("\n8. ")[0]
    found = []
    for match in re.finditer(
        r"\]\(([a-z-]+\.md)#([a-z-]+)\)|^ *```(\w+)\n(.*?)^ *```", steps, re.MULTILINE | re.DOTALL
    ):
        other, anchor, language, text = match.groups()
        found += blocks_of(other, anchor) if other else [Block("operations.md", language, text)]
    return found


def blocks_of(page: str, anchor: str) -> list[Block]:
    """The commands of a section."""
    for section in re.split(r"^## ", (DOCS / page).read_text(), flags=re.MULTILINE)[1:]:
        heading, _line, text = section.partition("\n")
        if re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") == anchor:
            fences = re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
            return [Block(f"{page}#{anchor}", language, commands) for language, commands in fences]
    raise AssertionError(f"{page} has no section {anchor}")


class Machine:
    """A folder that stands for a machine: `places` says what stands for the names of the pages."""

    def __init__(self, folder: Path, places: dict[str, str]) -> None:
        self.folder = folder
        self.code, self.environment_file = folder / "opt" / "reference-tokens", folder / "etc" / "environment"
        self.programs = folder / "programs"
        self.places = {
            f"/opt/reference-tokens-{VERSION}/bin/pip install --require-hashes -r requirements/postgresql.txt": (
                f"lend-packages {self.code}-{VERSION}"
            ),
            "/opt/reference-tokens": str(self.code),
            "/etc/reference-tokens": str(self.environment_file.parent),
            "/var/lib/reference-tokens": str(folder / "data"),
            "/usr/local/sbin/reference-tokens": str(self.programs / "reference-tokens"),
            **{f"/etc/{name}": str(folder / "etc" / name) for name in UNIT_FOLDERS},
            **places,
        }
        for place in (self.programs, *(folder / "etc" / name for name in UNIT_FOLDERS)):
            place.mkdir(parents=True)
        # What an operator copies, with the places of this machine.
        shutil.copytree(DEPLOY, folder / "deploy")
        for file in (folder / "deploy").rglob("*.*"):
            file.write_text(self.here(file.read_text()))
        for name, commands in PROGRAMS.items():
            program = self.programs / name
            packages = shlex.join(site.getsitepackages())
            program.write_text(f"#!/bin/sh\n{commands.replace('{packages}', packages)}\n")
            program.chmod(0o755)

    def unit(self, name: str) -> Path:
        """The unit of systemd."""
        return self.folder / "etc" / "systemd" / "system" / f"{name}.service"

    def here(self, text: str) -> str:
        """The commands with the places of this machine in place of those of the page."""
        names = sorted(map(re.escape, self.places), key=len, reverse=True)
        return re.sub("|".join(names), lambda match: self.places[match[0]], text)

    def type(self, block: Block, **environment: str) -> str:
        """Run the commands of a block, and return what they print; raises `AssertionError` where one fails."""
        path = os.pathsep.join([str(self.programs), str(self.code / "bin"), os.environ["PATH"]])
        ended = subprocess.run(
            ["bash", "-euc", self.here(block.text)],
            cwd=self.folder,
            env={"PATH": path, "HOME": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1", **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ended.returncode == 0, f"{block.place}: {block.text}\n{ended.stdout}{ended.stderr}"
        return ended.stdout

    def settings(self) -> dict[str, str]:
        """What the environment file says, as a shell reads it."""
        command = ["bash", "-c", f'set -a; . "{self.environment_file}"; env -0']
        printed = subprocess.run(command, env={}, capture_output=True, text=True, check=True).stdout
        return dict(line.split("=", 1) for line in printed.split("\0") if line)
