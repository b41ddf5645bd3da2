"""Static files where nobody has collected them: they are served from where they lie, as they are.

Collected, each has a name with its digest, which browsers keep for good, and a compressed twin. Without that every page
would fail on its first link, the page that tells of the fault too.
"""

from __future__ import annotations

import gzip
import logging
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped] # it ships no types
from django.conf import settings
from django.contrib.staticfiles.finders import AppDirectoriesFinder
from django.core.files.base import ContentFile, File
from whitenoise.compress import Compressor
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

logger = logging.getLogger(__name__)


class OnlyNew(Compressor):  # type: ignore[misc] # whitenoise is not typed
    """WhiteNoise's, which leaves compressed twins as they are that say the same as their file.

    To make them all anew took a third of the time of a start.
    """

    def compress(self, path: str) -> list[str]:
        """The names of the file's compressed twins."""
        content = Path(path).read_bytes()
        twins = {path + suffix: read for suffix, read in READERS.items()}
        if all(says(content, twin, read) for twin, read in twins.items()):
            return list(twins)
        made: list[str] = super().compress(path)
        return made


READERS: dict[str, Callable[[bytes], bytes]] = {".br": brotli.decompress, ".gz": gzip.decompress}


def says(content: bytes, twin: str, read: Callable[[bytes], bytes]) -> bool:
    """Whether the compressed twin is there, whole, and of this very content."""
    try:
        return read(Path(twin).read_bytes()) == content
    except (OSError, EOFError, zlib.error, brotli.error):
        return False


# What pages use of the files that packages bring.
USED = {"django_htmx/htmx-2.min.js"}


class UsedFinder(AppDirectoriesFinder):
    """Finds what pages use of the files that packages bring, and nothing else: it would be carried and served too."""

    def find(self, path: str, *arguments: Any, **options: Any) -> Any:
        """Where the file lies; an empty list where no page uses it."""
        return super().find(path, *arguments, **options) if path in USED else []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[Any]:
        """The name of each, and the storage that has it."""
        return (found for found in super().list(ignore_patterns) if found[0] in USED)


OURS = re.compile(r"(css|js)/[^/]*$")
COMMENT = re.compile(rb"//.*|/\*[^*]*\*/")

# Where the lines of a style sheet need no end.
AFTER_SIGN = re.compile(rb"(?<=[{};,])\n")


def for_browsers(text: bytes) -> bytes:
    """A style sheet or a script without indentation, and without lines of comments alone.

    Compressed, the style sheet was a seventh longer with them, and everybody who comes waits for it.
    """
    lines = (line.strip() for line in text.splitlines())
    return b"".join(line + b"\n" for line in lines if line and not COMMENT.fullmatch(line))


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc] # whitenoise is not typed
    """WhiteNoise's, which knows a file that was not collected by its own name."""

    def _save(self, name: str, content: File[Any]) -> str:
        """Store a file; of our own styles and scripts without what only their readers need."""
        if OURS.match(name):
            text = for_browsers(b"".join(content.chunks()))
            content = ContentFile(AFTER_SIGN.sub(b"", text) if name.endswith(".css") else text)
        return str(super()._save(name, content))

    def create_compressor(self, **options: Any) -> OnlyNew:
        """What makes the compressed twins."""
        return OnlyNew(**options)

    def read_manifest(self) -> str | None:
        """What was collected; None where that cannot be read, as where a file stands in the folder's place."""
        try:
            manifest: str | None = super().read_manifest()
        except OSError:
            return None
        return manifest

    def stored_name(self, name: str) -> str:
        """The name with the digest, or else the name."""
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc] # whitenoise is not typed
    """WhiteNoise's, which says in the log that there is no folder of collected files."""

    def add_files(self, root: Any, prefix: str | None = None) -> None:
        """Serve what lies in a folder, where there is one."""
        if os.path.isdir(root):  # noqa: PTH112 - Path's own raises where the folder may not be looked into
            super().add_files(root, prefix)
        else:
            logger.warning(
                "no static files are collected (%s collectstatic): they are served uncompressed", settings.COMMAND
            )
