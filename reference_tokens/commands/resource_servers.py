"""Which Resource Server a command means."""

from __future__ import annotations

from argparse import BooleanOptionalAction
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from accounts.commands import Error
from accounts.text.case_folding import equals_text
from reference_tokens.models import ResourceServer

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


def resource_server_called(text: str) -> ResourceServer:
    """The Resource Server with this client id, or this name in any case; raises `Error`."""
    # PostgreSQL takes no NUL, and no name has one.
    called = ResourceServer.objects.filter(Q(client_id=text) | equals_text("name", text)) if "\0" not in text else []
    found = {server.client_id: server for server in called}
    # A name may look like the client id of another one, which nobody can choose.
    server = found.get(text) or next(iter(found.values()), None)
    if server is None:
        raise Error("there is no such Resource Server.")
    return server


def add_server_options(parser: CommandParser) -> None:
    """Add the options of a server that is changed; one that is not given is None, which means "as it is"."""
    parser.add_argument("--name", help="what people call the API")
    parser.add_argument(
        "--application", action="append", metavar="URI", help="in place of its applications (repeatable)"
    )
    parser.add_argument("--all-applications", action=BooleanOptionalAction, help="it may ask about every token")
    parser.add_argument("--may-revoke", action=BooleanOptionalAction, help="it may revoke the tokens it may ask about")
    parser.add_argument("--share-profile", action=BooleanOptionalAction, help="it learns name, e-mail and groups")
    parser.add_argument("--required-scopes", metavar="SCOPES", help='what a token needs at forward auth; "" for none')
    state = parser.add_mutually_exclusive_group()
    state.add_argument("--enabled", action="store_true", default=None, dest="is_enabled", help="undo --disabled")
    state.add_argument(
        "--disabled", action="store_false", default=None, dest="is_enabled", help="all its requests are refused"
    )


def given_server_columns(options: dict[str, Any]) -> dict[str, Any]:
    """The columns that the options give."""
    columns = {
        "name": options["name"],
        "asks_for_all_applications": options["all_applications"],
        "may_revoke": options["may_revoke"],
        "shares_profile": options["share_profile"],
        "required_scopes": options["required_scopes"],
        "is_enabled": options["is_enabled"],
    }
    return {name: value for name, value in columns.items() if value is not None}


def server_result(server: ResourceServer) -> dict[str, Any]:
    """The facts about a server that the commands print."""
    return {
        "client_id": server.client_id,
        "name": server.name,
        "is_enabled": server.is_enabled,
        "applications": list(server.applications.order_by("application_uri").values_list("application_uri", flat=True)),
        "all_applications": server.asks_for_all_applications,
        "may_revoke": server.may_revoke,
        "share_profile": server.shares_profile,
        "required_scopes": list(server.required_scopes),
        "last_asked_at": server.last_asked_at.isoformat() if server.last_asked_at else None,
    }
