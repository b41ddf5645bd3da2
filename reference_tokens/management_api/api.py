"""The calls of the management API, and what their library is told about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from django.http import Http404
from ninja import NinjaAPI
from ninja.errors import ValidationError

from reference_tokens.management_api.bodies import ReadBefore
from reference_tokens.management_api.problems import invalid
from reference_tokens.management_api.resources import (
    applications,
    audit_events,
    configuration,
    groups,
    me,
    resource_servers,
    scopes,
    tokens,
    users,
    webhooks,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest
    from ninja.operation import Operation

VERSION = "1"
# Where a parameter is in a request, as the library names it.
IN_BODY = "body"


class ManagementAPI(NinjaAPI):
    """The library's API, whose operations are named after their functions."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """The name of the call in documents and generated clients."""
        return operation.view_func.__name__


api = ManagementAPI(
    title="Reference Tokens: management API",
    version=VERSION,
    description="What the Instance Manager can do, for programs.",
    docs_url=None,
    openapi_url=None,
    urls_namespace="management-api",
    parser=ReadBefore(),
)
ROOMS = {
    "/applications": applications.routers,
    "/audit-events": [audit_events.router],
    "/configuration": [configuration.router],
    "/groups": groups.routers,
    "/me": me.routers,
    "/resource-servers": resource_servers.routers,
    "/scopes": [scopes.router],
    "/tokens": tokens.routers,
    "/users": users.routers,
    "/webhooks": webhooks.routers,
}
for prefix, routers in ROOMS.items():
    for router in routers:
        api.add_router(prefix, router)


def raise_again(_request: HttpRequest, error: Any) -> NoReturn:
    """Leave it to the door, which knows every failure."""
    raise error


def raise_invalid(_request: HttpRequest, error: Any) -> NoReturn:
    """422, with a pointer to each member, or the name of each parameter."""
    raise invalid(map(place_and_detail, error.errors)) from error


def place_and_detail(error: dict[str, Any]) -> dict[str, str]:
    """Where a value is not valid and why, from the library's words of it."""
    kind, _parameter, *path = error["loc"]
    detail = str(error["msg"]).removeprefix("Value error, ")
    if kind == IN_BODY:
        return {"pointer": pointer(path), "detail": detail}
    return {"parameter": str(error["loc"][-1]), "detail": detail}


def pointer(path: Iterable[str | int]) -> str:
    """A JSON pointer as the fragment of an address (RFC 6901 §6)."""
    return "#" + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


# The library answers some of them itself, unless it is told otherwise.
for failure in (Exception, Http404):
    api.add_exception_handler(failure, raise_again)
api.add_exception_handler(ValidationError, raise_invalid)
