"""Static files where nobody has collected them: they are served from where they lie, as they are.

Collected, each has a name with its digest, which browsers keep for good, and a compressed twin. Without that every page
would fail on its first link, the page that tells of the fault too.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

logger = logging.getLogger(__name__)


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc] # whitenoise is not typed
    """WhiteNoise's, which knows a file that was not collected by its own name."""

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
            logger.warning("no static files are collected (manage.py collectstatic): they are served uncompressed")
