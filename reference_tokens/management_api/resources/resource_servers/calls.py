"""`/resource-servers`: the APIs that may ask about tokens, and their secrets."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Path, Query, Router

from accounts.database.replica import read_from_replica
from accounts.text.case_folding import contains_text
from reference_tokens.lifecycle.resource_server_registration import (
    add_secret,
    create_resource_server,
    delete_resource_server,
    remove_secret,
    server_settings,
    update_resource_server,
)
from reference_tokens.lists.server_states import servers_in_state
from reference_tokens.management_api.authentication import READ, WRITE
from reference_tokens.management_api.paging import Page, Paging, page, page_of, rows_of_page
from reference_tokens.management_api.preconditions import IfMatch, expected, set_entity_tag
from reference_tokens.management_api.problems import conflict, not_found
from reference_tokens.management_api.requests import Request
from reference_tokens.management_api.resources.resource_servers.members import (
    NewSecret,
    NewServer,
    RegisteredServer,
    SecretMembers,
    ServerChange,
    ServerListing,
    ServerMembers,
    columns_of,
    members_of_secrets,
    members_of_server,
    with_members,
)
from reference_tokens.management_api.searching import words_in
from reference_tokens.models import ResourceServer

router = Router(tags=["resource servers"])


@router.get("", auth=READ, response=Page[ServerMembers], summary="List Resource Servers")
def list_resource_servers(request: Request, response: HttpResponse, listing: Query[ServerListing]) -> dict[str, Any]:
    """Resource Servers by name, narrowed as on the page of them."""
    found = servers_in_state(listing.state or "", request.caller.now)
    if words := words_in(listing.q):
        found = found.filter(contains_text("name", words) | contains_text("client_id", words))
    if listing.client_id:
        found = found.filter(client_id=listing.client_id.replace("\0", ""))
    shown, following = rows_of_page(found, listing, ["name", "id"])
    ids = [server.pk for server in shown]
    told = read_from_replica(lambda: with_members().in_bulk(ids))
    # One that was deleted meanwhile is left out.
    return page(request, response, [members_of_server(told[pk]) for pk in ids if pk in told], following)


@router.get("/{int:server_id}", auth=READ, response=ServerMembers, summary="Read a Resource Server")
def read_resource_server(request: Request, response: HttpResponse, server_id: Path[int]) -> dict[str, Any]:
    """The Resource Server."""
    return shown_server(response, server_id)


@router.post("", auth=WRITE, response={201: RegisteredServer}, summary="Register a Resource Server")
def register_resource_server(request: Request, response: HttpResponse, body: NewServer) -> dict[str, Any]:
    """Register a Resource Server, and tell its secret this once."""
    caller = request.caller
    server, secret = create_resource_server(actor=caller.actor, now=caller.now, **columns_of(body))
    response["Location"] = f"{request.path}/{server.pk}"
    return shown_server(response, server.pk) | {"client_secret": secret}


@router.patch("/{int:server_id}", auth=WRITE, response=ServerMembers, summary="Change a Resource Server")
def change_resource_server(
    request: Request, response: HttpResponse, server_id: Path[int], body: ServerChange, if_match: IfMatch = ""
) -> dict[str, Any]:
    """Change a Resource Server, or disable it, from its next question on."""
    caller, opened = request.caller, expected(if_match)
    update_resource_server(actor=caller.actor, server_id=server_id, now=caller.now, opened=opened, **columns_of(body))
    return shown_server(response, server_id)


@router.delete("/{int:server_id}", auth=WRITE, response={204: None}, summary="Delete a Resource Server")
def remove_resource_server(request: Request, server_id: Path[int], if_match: IfMatch = "") -> None:
    """Delete a Resource Server with its secrets; its next question is refused."""
    caller, opened = request.caller, expected(if_match)
    if not delete_resource_server(actor=caller.actor, server_id=server_id, now=caller.now, opened=opened):
        raise not_found()


@router.get(
    "/{int:server_id}/secrets", auth=READ, response=Page[SecretMembers], summary="List secrets of a Resource Server"
)
def list_secrets(
    request: Request, response: HttpResponse, server_id: Path[int], paging: Query[Paging]
) -> dict[str, Any]:
    """The hints of the secrets that are good."""
    secrets = get_object_or_404(ResourceServer, pk=server_id).secrets.all()
    return page_of(request, response, secrets, paging=paging, order=["id"], members=lambda secret: secret)


@router.post(
    "/{int:server_id}/secrets", auth=WRITE, response={201: NewSecret}, summary="Add a secret to a Resource Server"
)
def add_one_secret(request: Request, server_id: Path[int]) -> dict[str, Any]:
    """Add a secret beside the one there is, and tell it this once; two are good at a time."""
    caller = request.caller
    try:
        stored, secret = add_secret(actor=caller.actor, server_id=server_id, now=caller.now)
    except ValidationError as refused:
        raise conflict(" ".join(refused.messages)) from refused
    (members,) = members_of_secrets([stored])
    return members | {"client_secret": secret}


@router.delete(
    "/{int:server_id}/secrets/{int:secret_id}",
    auth=WRITE,
    response={204: None},
    summary="Remove a secret of a Resource Server",
)
def remove_one_secret(request: Request, server_id: Path[int], secret_id: Path[int]) -> None:
    """Remove a secret, which authenticates nobody from then on; not the only one."""
    caller = request.caller
    try:
        removed = remove_secret(actor=caller.actor, server_id=server_id, secret_id=secret_id, now=caller.now)
    except ValidationError as refused:
        raise conflict(" ".join(refused.messages)) from refused
    if not removed:
        raise not_found()


def shown_server(response: HttpResponse, server_id: int) -> dict[str, Any]:
    """The Resource Server as it is now, with its tag."""
    server = get_object_or_404(with_members(), pk=server_id)
    set_entity_tag(response, server_settings(server))
    return members_of_server(server)
