"""Requests that an API may get, each with one credential, none, several or a bad one."""

from __future__ import annotations


def refused_at_the_door(good: str) -> dict[str, list[tuple[str, str]]]:
    """Headers that forward auth refuses, by what they are; the token among them is good."""
    mistyped = good[:-1] + ("0" if good[-1] != "0" else "1")
    return {
        "none": [],
        "empty": [("Authorization", ""), ("X-Api-Key", " ")],
        "not a token": [("Authorization", "Bearer enrt_no")],
        "mistyped": [("Authorization", f"Bearer {mistyped}")],
        "another scheme": [("Authorization", f"Basic {good}")],
        "no scheme": [("Authorization", good)],
        "text after the token": [("Authorization", f"Bearer {good} more")],
        "a comma": [("Authorization", f"Bearer {good},{good}")],
        "two headers": [("Authorization", f"Bearer {good}"), ("X-Api-Key", good)],
        "two keys": [("X-Api-Key", good), ("Api-Key", good)],
        "too long": [("X-Api-Key", "x" * 4097)],
    }


def let_in(good: str) -> dict[str, list[tuple[str, str]]]:
    """Headers that forward auth lets in, by what they are."""
    return {
        "bearer": [("Authorization", f"Bearer {good}")],
        "in any case": [("authorization", f"bEARER   {good}")],
        "an empty one beside": [("Authorization", ""), ("X-Api-Key", good)],
        "api key": [("Api-Key", good)],
    }
