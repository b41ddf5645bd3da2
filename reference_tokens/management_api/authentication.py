"""Who calls the management API, and whether the call's scope is among those of their token (API-2)."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.utils import timezone
from ninja.security.base import AuthBase

from accounts.audit.record import Actor, Source
from accounts.http import client_address
from accounts.models import User
from reference_tokens.endpoints.credentials import MalformedCredential, NoCredential, presented_token
from reference_tokens.endpoints.forward_auth import CHALLENGE
from reference_tokens.management_api.problems import Problem
from reference_tokens.management_api.writing import is_dry_run
from reference_tokens.models import Door
from reference_tokens.validation.noting import note_lacking_scope
from reference_tokens.validation.validate import validate_for_application
from trusted_apps.built_in import API_TOKEN, INSTANCE_SCOPES, MANAGEMENT_API_URI, ManagementScope, scopes_in_effect

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from reference_tokens.management_api.requests import Request


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of the token that was presented, and what it may do.

    `holder` is a System User where the token is a SAT.
    """

    token_id: UUID
    holder: User
    scopes: frozenset[str]
    address: str | None
    now: datetime

    @property
    def actor(self) -> Actor:
        """The token as the actor of audit entries; with the person where it is a PAT."""
        person = self.holder if self.holder.is_person else None
        return Actor(Source.API, API_TOKEN, str(self.token_id), person, self.address)

    def may(self, scope: ManagementScope) -> bool:
        """Whether the token has the scope, and it holds for who holds the token."""
        return scope in self.scopes


def caller_of(request: Request) -> Caller:
    """The caller; raises `Problem` 401 where the request has not exactly one good token for this API."""
    try:
        plaintext = presented_token(request)
    except NoCredential:
        raise unauthorized("Send a token for the Trusted Application of this API: Authorization: Bearer …") from None
    except MalformedCredential:
        raise unauthorized("Send exactly one token, in one header.", "invalid_request") from None
    now, address = timezone.now(), client_address(request)
    decision = validate_for_application(
        plaintext, MANAGEMENT_API_URI, now=now, door=Door.MANAGEMENT_API, address=address
    )
    if not decision.is_active:
        raise unauthorized("The token is not good here.", "invalid_token")
    token = decision.good
    holder = User.objects.get(pk=str(token.holder.id))
    return Caller(token.id, holder, scopes_in_effect(decision.scopes, holder), address, now)


def unauthorized(detail: str, error: str = "") -> Problem:
    """401 with the challenge of RFC 6750 §3."""
    challenge = f'{CHALLENGE}, error="{error}"' if error else CHALLENGE
    return Problem(HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": challenge})


class Needs(AuthBase):
    """Lets a call through whose token has this scope; else 403, with the scope that is missing."""

    openapi_type = "http"

    def __init__(self, scope: ManagementScope) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: Request) -> Caller:  # type: ignore[override] # every request here is one of ours
        """The caller."""
        scope = self.scope_for(request)
        if not request.caller.may(scope):
            caller = request.caller
            note_lacking_scope(caller.token_id, now=caller.now, door=Door.MANAGEMENT_API, address=caller.address)
            challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"'
            detail = f"This needs the scope {scope}, and for a person's token that they are an administrator."
            if scope not in INSTANCE_SCOPES:
                detail = f"This needs the scope {scope}."
            raise Problem(HTTPStatus.FORBIDDEN, detail, headers={"WWW-Authenticate": challenge})
        return request.caller

    def scope_for(self, _request: Request) -> ManagementScope:
        """The scope that the request needs."""
        return self.scope


class NeedsUnlessDry(Needs):
    """As `Needs`; for a dry run, which changes nothing, `instance:read` is enough."""

    def scope_for(self, request: Request) -> ManagementScope:
        """The scope that the request needs."""
        return ManagementScope.INSTANCE_READ if is_dry_run(request) else self.scope


SELF_READ, SELF_WRITE = Needs(ManagementScope.SELF_READ), Needs(ManagementScope.SELF_WRITE)
READ, WRITE = Needs(ManagementScope.INSTANCE_READ), Needs(ManagementScope.INSTANCE_WRITE)
# For a pipeline that shows a plan: whoever may propose a change can read its token.
WRITE_OR_PLAN = NeedsUnlessDry(ManagementScope.INSTANCE_WRITE)
