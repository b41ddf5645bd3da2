"""The description is true of every answer (each program of these tests holds them to it), and not ambiguous."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest
from ninja.openapi.schema import OpenAPISchema

from reference_tokens.management_api.api import api
from reference_tokens.management_api.openapi import PREFIX, described, document
from tests.made_clients import obstacles

pytestmark = pytest.mark.once


def test_a_name_stands_for_one_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library keeps one of two classes of the same name, and describes both by it."""
    found: dict[str, set[str]] = defaultdict(set)
    add = OpenAPISchema.add_schema_definitions

    def noted(schema: OpenAPISchema, definitions: dict[str, Any]) -> None:
        for name, definition in definitions.items():
            found[name].add(json.dumps(definition, sort_keys=True))
        add(schema, definitions)

    monkeypatch.setattr(OpenAPISchema, "add_schema_definitions", noted)
    api.get_openapi_schema(path_prefix=PREFIX)
    assert found
    assert [name for name, definitions in found.items() if len(definitions) > 1] == []


def test_no_object_names_a_member_twice() -> None:
    """RFC 8259, 4: readers of JSON and YAML that are strict refuse the whole description."""
    repeated: list[str] = []

    def noted(members: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in members]
        repeated.extend(name for name in set(names) if names.count(name) > 1)
        return dict(members)

    assert json.loads(document(), object_pairs_hook=noted)["paths"]
    assert repeated == []


def test_clients_are_made_of_it() -> None:
    assert obstacles(described()) == []
