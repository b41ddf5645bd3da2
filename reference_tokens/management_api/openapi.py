"""`/api/v1/openapi.json`: the calls as OpenAPI 3.1, made from their types, with what every call may answer besides."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpResponse

from reference_tokens.management_api.api import api
from reference_tokens.management_api.bodies import JSON
from reference_tokens.management_api.preconditions import NOT_REQUIRED
from reference_tokens.management_api.problems import PROBLEM_JSON, wrong_method
from trusted_apps.built_in import MANAGEMENT_API_URI, ManagementScope

if TYPE_CHECKING:
    from django.http import HttpRequest

    from reference_tokens.management_api.authentication import Needs

PREFIX = "api/v1"
PARAMETER_OF_ROUTE = re.compile(r"<(?:\w+:)?(\w+)>")
SECURITY = "token"
BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": f"A token of this instance for the Trusted Application {MANAGEMENT_API_URI}.",
}
REFUSALS = {
    "401": "There is not exactly one good token.",
    "403": "The token lacks the scope, or its holder is no administrator.",
    "422": "A parameter or member is not valid.",
    "429": "Too many requests in this minute.",
    "503": "It cannot be told now.",
}
REFUSALS_OF_BODIES = {
    "400": "The body cannot be read.",
    "411": "The body has no length.",
    "413": "The body is too large.",
    "415": "The body is of another type.",
}
REFUSALS_OF_WRITES = {
    "404": "There is no such thing.",
    "409": "The state of things does not allow it.",
}
REFUSALS_OF_CHANGES = {
    "412": "It was changed since it was read.",
    "428": "If-Match is missing.",
}
IF_MATCH, TAG_OR_ANY = "If-Match", r'^(\*|"[!#-~]*")$'
METHODS_WITH_BODIES = ("post", "patch", "delete")
READING = {ManagementScope.SELF_READ, ManagementScope.INSTANCE_READ}
DRY_RUN = {
    "name": "dry_run",
    "in": "query",
    "required": False,
    "schema": {"type": "boolean", "default": False},
    "description": "Answer what would be done, and do nothing.",
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    "description": "The same key with the same request within 24 hours acts once.",
}


def openapi(request: HttpRequest) -> HttpResponse:
    """The document; the same for everybody. Raises `Problem` 405."""
    if request.method != "GET":
        raise wrong_method(["GET"])
    return HttpResponse(document(), content_type="application/json")


@cache
def document() -> bytes:
    """The document as JSON."""
    return json.dumps(described()).encode()


@cache
def described() -> dict[str, Any]:
    """The document."""
    schema = dict(api.get_openapi_schema(path_prefix=PREFIX))
    schema["components"]["schemas"]["Problem"] = problem_schema()
    needs = needs_of_calls()
    for operations in schema["paths"].values():
        for method, operation in operations.items():
            scope = str(needs[operation["operationId"]].scope)
            complete(method, operation, is_write=method in METHODS_WITH_BODIES and scope not in READING)
            operation["security"] = [{SECURITY: [scope]}]
    schema["components"]["securitySchemes"] = {SECURITY: BEARER}
    return schema


@cache
def queries_at(route: str) -> dict[str, frozenset[str]]:
    """The methods of the calls at a route, each with the names that its query may have."""
    return {
        method.upper(): frozenset(one["name"] for one in operation["parameters"] if one["in"] == "query")
        for method, operation in operations_at(route).items()
    }


@cache
def calls_that_read(route: str) -> frozenset[str]:
    """The methods of the calls at a route that need a scope to read alone: they change nothing, by POST neither."""
    operations = operations_at(route).items()
    return frozenset(method.upper() for method, operation in operations if scope_of(operation) in READING)


@cache
def media_types_at(route: str, method: str) -> tuple[str, ...]:
    """The types that the body of a call may have; that of JSON where it has none."""
    body = operations_at(route)[method.lower()].get("requestBody", {})
    return tuple(body.get("content", (JSON,)))


def operations_at(route: str) -> dict[str, dict[str, Any]]:
    """The calls at a route, by their methods."""
    operations: dict[str, dict[str, Any]] = described()["paths"]["/" + PARAMETER_OF_ROUTE.sub(r"{\1}", route)]
    return operations


def scope_of(operation: dict[str, Any]) -> str:
    """The scope that a call needs."""
    scope: str = operation["security"][0][SECURITY][0]
    return scope


def needs_at(route: str, method: str) -> Needs:
    """What lets a caller through to a call at a route."""
    name: str = operations_at(route)[method.lower()]["operationId"]
    return needs_of_calls()[name]


@cache
def needs_of_calls() -> dict[str, Needs]:
    """What lets a caller through to each call, by the name of the call."""
    views = [view for router in api._get_bound_routers() for view in router.path_operations.values()]  # noqa: SLF001 - as the library makes its document
    operations = [operation for view in views for operation in view.operations]
    return {operation.view_func.__name__: cast("Needs", operation.auth_callbacks[0]) for operation in operations}


def complete(method: str, operation: dict[str, Any], *, is_write: bool) -> None:
    """Add to a call what all of its kind take and may answer."""
    refusals = dict(REFUSALS)
    # The library names its answers by numbers, which JSON would write beside the same name as text.
    operation["responses"] = {str(status): answer for status, answer in operation["responses"].items()}
    parameters = operation.setdefault("parameters", [])
    if any(one["in"] == "path" for one in parameters):
        refusals["404"] = REFUSALS_OF_WRITES["404"]
    if method in METHODS_WITH_BODIES:
        refusals |= REFUSALS_OF_BODIES
        name_bodies(operation.get("requestBody", {}).get("content", {}))
    if is_write:
        refusals |= REFUSALS_OF_WRITES
        parameters.append(DRY_RUN)
        operation["responses"].setdefault("200", next(iter(operation["responses"].values())))
    if is_write and method == "post":
        parameters.append(IDEMPOTENCY_KEY)
    for one in parameters:
        if one["name"] == IF_MATCH:
            # The library takes each for optional, since its absence is 428, not 422.
            one["required"] = one["description"] != NOT_REQUIRED
            one["schema"] = {"type": "string", "pattern": TAG_OR_ANY}
            refusals |= REFUSALS_OF_CHANGES
    for status, description in refusals.items():
        content = {PROBLEM_JSON: {"schema": schema_named("Problem")}}
        operation["responses"].setdefault(status, {"description": description, "content": content})


def name_bodies(content: dict[str, Any]) -> None:
    """Leave of a body that may be left out the name of its schema, whose members have defaults of their own.

    Programs that make clients of the description know no default of an object.
    """
    for kind in content.values():
        if "default" in kind["schema"]:
            (kind["schema"],) = kind["schema"]["allOf"]


def problem_schema() -> dict[str, Any]:
    """RFC 9457."""
    text, number = {"type": "string"}, {"type": "integer"}
    error = {
        "type": "object",
        "required": ["detail"],
        "properties": {"pointer": text, "parameter": text, "detail": text},
    }
    # What a 409 tells besides: why, of how many tokens it is true, and what an earlier request made.
    of_conflicts = {
        "reason": text,
        **dict.fromkeys(("count", "old_values", "live_tokens"), number),
        "impact": schema_named("ImpactMembers"),
        "impact_seen": text,
        "id": {"type": ["string", "integer"]},
        **dict.fromkeys(("client_id", "hint"), text),
        "secrets": {
            "type": "array",
            "items": {"anyOf": [schema_named("SecretShownOnce"), schema_named("SecretMembers")]},
        },
    }
    return {
        "title": "Problem",
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": text,
            "title": text,
            "status": number,
            "detail": text,
            "errors": {"type": "array", "items": error},
            **of_conflicts,
        },
    }


def schema_named(name: str) -> dict[str, str]:
    """A reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}
