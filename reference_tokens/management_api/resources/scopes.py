"""`/scopes`: what tokens may be allowed to do."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Path, Query, Router, Schema

from reference_tokens.management_api.authentication import READ, WRITE
from reference_tokens.management_api.bodies import Members
from reference_tokens.management_api.paging import Page, Paging, page_of
from reference_tokens.management_api.preconditions import IfMatch, expected, set_entity_tag
from reference_tokens.management_api.problems import conflict
from reference_tokens.management_api.requests import Request
from trusted_apps.models import Scope
from trusted_apps.scope_catalogue import ScopeInUse, create_scope, delete_scope, describe_scope, scope_state

router = Router(tags=["scopes"])


class ScopeMembers(Schema):
    """A scope."""

    name: str
    description: str


class NewScope(Members):
    """A scope that is to be added."""

    name: str
    description: str


class ScopeChange(Members):
    """What is to be changed of a scope."""

    description: str


@router.get("", auth=READ, response=Page[ScopeMembers], summary="List scopes")
def list_scopes(request: Request, response: HttpResponse, paging: Query[Paging]) -> dict[str, Any]:
    """Every scope, by name."""
    rows = Scope.objects.all()
    return page_of(request, response, rows, paging=paging, order=["name"], members=lambda scope: scope)


@router.get("/{name}", auth=READ, response=ScopeMembers, summary="Read a scope")
def read_scope(request: Request, response: HttpResponse, name: Path[str]) -> Scope:
    """The scope."""
    return tagged(response, get_object_or_404(Scope, pk=name))


@router.post("", auth=WRITE, response={201: ScopeMembers}, summary="Add a scope")
def add_scope(request: Request, response: HttpResponse, body: NewScope) -> Scope:
    """Add a scope, which applications can then offer."""
    caller = request.caller
    return tagged(response, create_scope(actor=caller.actor, now=caller.now, **body.dict()))


@router.patch("/{name}", auth=WRITE, response=ScopeMembers, summary="Describe a scope")
def change_scope(
    request: Request, response: HttpResponse, name: Path[str], body: ScopeChange, if_match: IfMatch = ""
) -> Scope:
    """Change the words of a scope."""
    caller = request.caller
    opened = expected(if_match)
    scope = describe_scope(actor=caller.actor, name=name, description=body.description, now=caller.now, opened=opened)
    return tagged(response, scope)


@router.delete("/{name}", auth=WRITE, response={204: None}, summary="Remove a scope")
def remove_scope(request: Request, name: Path[str]) -> None:
    """Remove a scope that no application offers."""
    caller = request.caller
    try:
        delete_scope(actor=caller.actor, now=caller.now, name=name)
    except ScopeInUse as used:
        raise conflict(f"{used.applications} Trusted Applications offer it.") from used


def tagged(response: HttpResponse, scope: Scope) -> Scope:
    """The scope, with its tag."""
    set_entity_tag(response, scope_state(scope))
    return scope
