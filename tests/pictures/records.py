"""What each picture was taken of: docs/images/pictures.json keeps a hash of each file that its page is made of.

The words, the data and the stylesheet are left out: they change in small steps that no reader of a picture misses.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator

from tests.command_line import BASE_DIR
from tests.pictures.documents import IMAGES, PICTURES

RECORDS = IMAGES / "pictures.json"
OTHERS = re.compile(r'{% (?:extends|include) "([^"]+)"')
COMMENTS = re.compile(r"{% comment %}.*?{% endcomment %}|{#.*?#}", re.DOTALL)


def recorded() -> dict[str, dict[str, str]]:
    """Picture → file → its hash when the picture was taken."""
    records: dict[str, dict[str, str]] = json.loads(RECORDS.read_text()) if RECORDS.exists() else {}
    return records


def record(name: str) -> None:
    """Keep that this picture shows its files as they are now; pictures that are no more are forgotten."""
    records = {**recorded(), name: hashes(name)}
    kept = {each: records[each] for each in sorted(records) if each in PICTURES}
    RECORDS.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")


def hashes(name: str) -> dict[str, str]:
    """The files that a picture shows, each with its hash as it is now."""
    return {path: hash_of((BASE_DIR / path).read_text()) for path in sorted(set(with_others(PICTURES[name].made_of)))}


def hash_of(text: str) -> str:
    """The same as long as only comments and the breaks of lines change, which nobody sees."""
    seen = " ".join(COMMENTS.sub("", text).split())
    return hashlib.sha256(seen.encode()).hexdigest()[:16]


def with_others(paths: Iterable[str]) -> Iterator[str]:
    """These files, and the templates that they extend and include, by name, all the way down."""
    for path in paths:
        yield path
        yield from with_others(f"templates/{other}" for other in OTHERS.findall((BASE_DIR / path).read_text()))
