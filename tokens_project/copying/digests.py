"""What tells whether two tables hold the same rows, in whatever order and in whatever database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from accounts.audit.chain import as_json
from tokens_project.copying.rows import Row

MODULUS = 2**256


class Digest:
    """The number of rows, and the sum of their digests: the order of rows is each database's own."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, row: Row) -> None:
        """Count one more row."""
        self.rows += 1
        self._sum += int.from_bytes(hashlib.sha256(as_json(row).encode("ascii")).digest())

    def hexdigest(self) -> str:
        """64 hexadecimal digits."""
        return f"{self._sum % MODULUS:064x}"

    def counting(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows, each of which is added as it passes."""
        for row in rows:
            self.add(row)
            yield row


def digest_of(rows: Iterable[Row]) -> Digest:
    """The digest of all the rows."""
    digest = Digest()
    for row in rows:
        digest.add(row)
    return digest
