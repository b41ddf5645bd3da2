"""`python -m clients.build FOLDER`: the packages for Python (wheel and sdist) and, where npm is, for Node (tgz).

The same files give the same bytes for one SOURCE_DATE_EPOCH, on every machine.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from flit_core import buildapi

from artefact.moment import moment

HERE = Path(__file__).resolve().parent


def build_python(folder: Path, source: Path = HERE / "python") -> list[Path]:
    """Build the wheel and the sdist into the folder; returns where they are."""
    with contextlib.chdir(source), moment():
        names = [buildapi.build_wheel(str(folder)), buildapi.build_sdist(str(folder))]
    return [folder / name for name in names]


def build_node(folder: Path, npm: str) -> Path:
    """Build the package for Node into the folder; returns where it is."""
    command = [npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder)]
    packed = subprocess.run(command, cwd=HERE / "node", stdout=subprocess.PIPE, text=True, check=True)
    return folder / packed.stdout.strip()


def main(folder: Path) -> None:
    """Build all that can be built here, and say what."""
    folder.mkdir(parents=True, exist_ok=True)
    built = build_python(folder)
    if npm := shutil.which("npm"):
        built.append(build_node(folder, npm))
    else:
        print("Left out: the package for Node; npm is not installed")
    print(*(os.path.relpath(path) for path in built), sep="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
