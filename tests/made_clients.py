"""What programs that make a client of an OpenAPI description cannot make one of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

SCALAR = (str, int, float, bool, type(None))


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every object below this value, itself included."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects_in(inner)


def obstacles(document: dict[str, Any]) -> list[str]:
    """What stands in the way, each in words."""
    found = []
    for one in objects_in(document):
        if not isinstance(one.get("const"), SCALAR):
            found.append(f"a constant that is none of one value: {one['const']}")
        if one.get("type") == "array" and not {"items", "prefixItems"} & one.keys():
            found.append(f"an array of nobody knows what: {one}")
        if isinstance(one.get("default"), dict) and "allOf" in one:
            found.append(f"an object with a default: {one}")
        if "operationId" in one and "security" not in one:
            found.append(f"a call of which nothing says who may: {one['operationId']}")
    parts = [part for one in objects_in(document) for part in one.get("oneOf", ()) if "title" in part]
    titles = Counter(part["title"] for part in parts)
    return found + [f"several alternatives of one title: {title}" for title, number in titles.items() if number > 1]
