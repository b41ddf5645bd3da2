"""The OpenAPI description that is served."""

from __future__ import annotations

import json
from typing import Any

from reference_tokens.endpoints.openapi import FILE
from tests.access_rules.page import METHODS

ADDRESS = "/api/openapi.json"
DOCUMENT: dict[str, Any] = json.loads(FILE.read_text())
PATHS: dict[str, dict[str, Any]] = DOCUMENT["paths"]


def operations() -> list[tuple[str, str]]:
    return [
        (path, method) for path in PATHS for method in PATHS[path] if method.upper() in {*METHODS, "PATCH", "TRACE"}
    ]
