"""`python -m artefact.build FOLDER`: the wheel and the sdist of the service, with all that it needs to run.

Built from a copy, so that the checkout stays as it is. The same files give the same bytes at any time, in any
folder, with the same Python, zlib and packages. SOURCE_DATE_EPOCH gives another time than the first that a zip file can
tell.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from hatchling import build as hatchling

from artefact.moment import moment
from artefact.sbom import bill_of_materials

HERE = Path(__file__).resolve().parent.parent
LEFT_OUT = shutil.ignore_patterns("__pycache__", "node_modules", ".*")
COLLECTED = "staticfiles"
SBOM = "sbom.cdx.json"


def build(folder: Path, source: Path = HERE) -> list[Path]:
    """Build both into the folder, and remove other releases from it; returns where they are, the wheel first."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "source"
        copy_source(source, copy)
        make_once(copy)
        with contextlib.chdir(copy), moment():
            names = [hatchling.build_wheel(str(folder)), hatchling.build_sdist(str(folder))]
    built = [folder / name for name in names]
    # An image is built with the one wheel that is there.
    for other in set(folder.glob("reference_tokens-*")).difference(built):
        other.unlink()
    return built


def copy_source(source: Path, copy: Path) -> None:
    """Copy what the sdist holds, but for what `make_once` makes."""
    project = tomllib.loads((source / "pyproject.toml").read_text())
    copy.mkdir()
    for entry in project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]:
        name = entry.removeprefix("/")
        if name in {COLLECTED, SBOM}:
            continue
        if (source / name).is_dir():
            shutil.copytree(source / name, copy / name, ignore=LEFT_OUT)
        else:
            shutil.copy(source / name, copy / name)


def make_once(copy: Path) -> None:
    """Make what is never made where the service runs: the collected static files, and the SBOM."""
    data = copy.parent / "data"
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--verbosity", "0", "--no-input"],
        cwd=copy,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(data), "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
    )
    (data / "static").rename(copy / COLLECTED)
    (version,) = re.findall(r'^VERSION = "(.+)"$', (copy / "tokens_project" / "__init__.py").read_text(), re.MULTILINE)
    lock_file = copy / "requirements" / "postgresql.txt"
    (copy / SBOM).write_text(bill_of_materials(version, lock_file, copy / COLLECTED))


def main(folder: Path) -> None:
    """Build both, and say where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    print(*(os.path.relpath(path) for path in build(folder)), sep="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
