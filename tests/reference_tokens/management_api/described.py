"""Holds an answer of the management API to its description."""

from __future__ import annotations

import json
import re
from functools import cache
from http import HTTPStatus
from typing import Any

from jsonschema_rs import Draft202012Validator

from reference_tokens.management_api.openapi import document
from reference_tokens.management_api.problems import PROBLEM_JSON

PARAMETER = re.compile(r"\{[^}]+\}")


def hold_to_description(method: str, path: str, answer: Any) -> None:
    """Fail where a document is answered to a described call that is not as the description says; it tells of no 500."""
    if answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
        return
    kind = answer.headers.get("Content-Type", "") if answer.content else ""
    operation = operation_at(path.partition("?")[0], method.lower())
    if operation and kind.endswith("json"):
        validator_of(*operation, str(answer.status_code), kind).validate(answer.json())
    if kind == PROBLEM_JSON:
        assert answer.json().keys() <= description()["components"]["schemas"]["Problem"]["properties"].keys()


@cache
def description() -> dict[str, Any]:
    """The description, as it is served."""
    document_served: dict[str, Any] = json.loads(document())
    return document_served


@cache
def routes() -> list[tuple[re.Pattern[str], str]]:
    """Every path of the description, those first that name the fewest parameters."""
    paths = sorted(description()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(PARAMETER.sub("[^/]+", path)), path) for path in paths]


@cache
def operation_at(path: str, method: str) -> tuple[str, str] | None:
    """The described path and method of a call."""
    for pattern, route in routes():
        if pattern.fullmatch(f"/api/v1{path}") and method in description()["paths"][route]:
            return route, method
    return None


@cache
def validator_of(route: str, method: str, status: str, kind: str) -> Draft202012Validator:
    """What an answer has to be; raises `KeyError` where no such answer is described."""
    schema = description()["paths"][route][method]["responses"][status]["content"][kind]["schema"]
    return Draft202012Validator({**schema, "components": description()["components"]})
