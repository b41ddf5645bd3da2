"""A plugin of detect-secrets 1.5: tokens of Reference Tokens, and secrets of its Resource Servers.

    detect-secrets scan --plugin detect_secrets_plugin.py

A token counts only with the right checksum, so that nothing else is taken for one.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Generator
from typing import Any

from detect_secrets.plugins.base import RegexBasedDetector

CHECKSUM_DIGITS = 8


class ReferenceTokenDetector(RegexBasedDetector):
    """Finds access tokens."""

    secret_type = "Reference Token"  # noqa: S105 - a name
    denylist = (re.compile(r"enrt_[0-9A-F]{64}(?![0-9A-Za-z])"),)

    def analyze_string(self, string: str, **_options: Any) -> Generator[str, None, None]:
        """The tokens in a line."""
        for pattern in self.denylist:
            yield from filter(has_checksum, pattern.findall(string))


class ResourceServerSecretDetector(RegexBasedDetector):
    """Finds secrets of Resource Servers, which have no checksum."""

    secret_type = "Reference Tokens Resource Server secret"  # noqa: S105 - a name
    denylist = (re.compile(r"enrs_[0-9A-Za-z_-]{42}[AEIMQUYcgkosw048](?![0-9A-Za-z_-])"),)


def has_checksum(token: str) -> bool:
    """Whether the last eight digits are the CRC-32 of what stands before them."""
    body, checksum = token[:-CHECKSUM_DIGITS], token[-CHECKSUM_DIGITS:]
    return f"{zlib.crc32(body.encode()):08X}" == checksum
