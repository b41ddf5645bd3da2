"""`python -m tests.catalogues` (`make messages`): renew the catalogues of translations from the code, and compile them.

A catalogue holds what the code says and nothing else, and is written the same way each time: no line numbers, no dates,
no wrapped lines. With `--check` nothing is written: what has another form is named, and the exit status is 1.
"""

from __future__ import annotations

import gettext
import os
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tests.command_line import BASE_DIR

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

LOCALE = BASE_DIR / "locale"
# What no person reads in a page, and what reads no translations.
NOT_TRANSLATED = ("tests/", "docs/", "clients/", "artefact/", "deploy/", "requirements/", "static/")
OPTIONS = ("--no-wrap", "--no-obsolete", "--add-location", "file", "--verbosity", "0")
# Where a text stands is for translators, and renewed with the next change of a text.
PLACE = re.compile(rb"^#: .*\n", re.MULTILINE)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DATE = re.compile(rb'^"POT-Creation-Date: .*\n', re.MULTILINE)


def languages() -> list[str]:
    """The languages that have a catalogue."""
    return sorted(path.name for path in LOCALE.iterdir())


def catalogue_of(language: str, *, root: Path = BASE_DIR) -> Path:
    """Where the translations into a language are written."""
    return root / "locale" / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    """The translations into a language, as they are written."""
    with catalogue_of(language).open("rb") as file:
        return read_po(file, locale=language)


def compiled_fits(language: str) -> bool:
    """Whether the compiled catalogue, which the service reads, says what the written one says."""
    wanted: dict[str | tuple[str, int], str] = {}
    for message in read(language):
        before = f"{message.context}\x04" if message.context else ""
        if isinstance(message.id, str):
            wanted[before + message.id] = str(message.string)
        else:
            wanted |= {(before + message.id[0], form): text for form, text in enumerate(message.string or ())}
    path = catalogue_of(language).with_suffix(".mo")
    if not path.is_file():
        return False
    with path.open("rb") as file:
        compiled = vars(gettext.GNUTranslations(file))["_catalog"]
    translated = {name: text for name, text in wanted.items() if text and name}
    return compiled.keys() <= wanted.keys() and all(compiled.get(name) == text for name, text in translated.items())


def renewed() -> dict[str, bytes]:
    """What each catalogue holds when it says what the code says."""
    listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.py", "*.html", "*.txt", "*.po")
    names = subprocess.run(listed, cwd=BASE_DIR, check=True, stdout=subprocess.PIPE, text=True).stdout.split("\0")
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        for name in filter(None, names):
            if not name.startswith(NOT_TRANSLATED) and (BASE_DIR / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(BASE_DIR / name, root / name)
        for language in languages():
            catalogue_of(language, root=root).parent.mkdir(parents=True, exist_ok=True)
        wanted = [f"--locale={language}" for language in languages()]
        command = (sys.executable, "manage.py", "makemessages", *wanted, *OPTIONS)
        environment = {**os.environ, "DATA_DIR": directory, "DJANGO_SETTINGS_MODULE": "tokens_project.settings"}
        subprocess.run(command, cwd=root, check=True, env=environment)
        return {language: DATE.sub(b"", catalogue_of(language, root=root).read_bytes()) for language in languages()}


def compile_catalogue(language: str) -> None:
    """Write what the service reads: a fresh checkout and the wheel need no program for it."""
    catalogue = read(language)
    # Else it would hold the time of the call.
    catalogue.creation_date = catalogue.revision_date = EPOCH
    with catalogue_of(language).with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue)


def check(language: str, wanted: bytes) -> list[str]:
    """What is wrong with a catalogue, in words."""
    path = catalogue_of(language)
    name = path.relative_to(BASE_DIR)
    if not path.is_file() or PLACE.sub(b"", path.read_bytes()) != PLACE.sub(b"", wanted):
        return [f"{name} does not say what the code says: make messages, and translate what is new"]
    return [] if compiled_fits(language) else [f"{name} is not what is compiled: make messages"]


def main() -> int:
    """Renew, or check."""
    is_check = "--check" in sys.argv
    if shutil.which("xgettext") is None:
        print("Left out: the catalogues of the translations; gettext is not installed (Debian: gettext)")
        return int(not is_check or os.environ.get("CI") == "true")
    faults = []
    for language, wanted in renewed().items():
        if is_check:
            faults += check(language, wanted)
            continue
        catalogue_of(language).write_bytes(wanted)
        compile_catalogue(language)
    print(*faults, sep="\n", end="\n" if faults else "")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
