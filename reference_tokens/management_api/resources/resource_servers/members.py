"""The members of a Resource Server: in requests, and in answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from django.db.models import Prefetch
from django.db.models.functions import Lower
from ninja import Field, Schema
from pydantic import StrictBool

from reference_tokens.lists.server_states import ServerState
from reference_tokens.management_api.bodies import Members, Name
from reference_tokens.management_api.naming import askable, each_of
from reference_tokens.management_api.paging import Paging
from reference_tokens.management_api.resources.applications.members import ScopeNames
from reference_tokens.management_api.searching import Words
from reference_tokens.models import ResourceServer, ResourceServerSecret
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    from django.db.models import QuerySet

# A request names so many applications at the most.
MOST_APPLICATIONS = 1_000
URIs = Annotated[
    list[str], Field(max_length=MOST_APPLICATIONS, description="Of all applications whose tokens it may ask about.")
]
# Members whose columns have another name.
COLUMNS = {"all_applications": "asks_for_all_applications", "share_profile": "shares_profile"}


class ServerListing(Paging):
    """Which Resource Servers."""

    q: Words = ""
    client_id: str = Field("", max_length=40, description="Exactly this client id.")
    state: ServerState | None = None


class SecretMembers(Schema):
    """A secret of a Resource Server, by which it is told from another; never the secret itself."""

    id: int
    hint: str
    created_at: datetime


class NewSecret(SecretMembers):
    """A secret that was added. It stands in this answer alone; null in a dry run."""

    client_secret: str | None


class ServerMembers(Schema):
    """A Resource Server."""

    id: int
    client_id: str
    name: str
    is_enabled: bool
    applications: list[str] = Field(description="The application_uri of each application that it may ask about.")
    all_applications: bool
    may_revoke: bool
    share_profile: bool
    required_scopes: list[str]
    secrets: list[SecretMembers]
    last_asked_at: datetime | None


class RegisteredServer(ServerMembers):
    """A Resource Server that was registered. Its secret stands in this answer alone; null in a dry run."""

    client_secret: str | None


class NewServer(Members):
    """A Resource Server that is to be registered."""

    name: Name
    is_enabled: StrictBool = True
    applications: URIs = Field([])
    all_applications: StrictBool = False
    may_revoke: StrictBool = False
    share_profile: StrictBool = False
    required_scopes: ScopeNames = Field([])


class ServerChange(Members):
    """What is to be changed of a Resource Server; what is left out stays."""

    name: Name = ""
    is_enabled: StrictBool = True
    applications: URIs = Field([])
    all_applications: StrictBool = False
    may_revoke: StrictBool = False
    share_profile: StrictBool = False
    required_scopes: ScopeNames = Field([])


def columns_of(body: NewServer | ServerChange) -> dict[str, Any]:
    """The columns and the applications that the body gives; raises `Problem` 422 for one that there is not."""
    given = {COLUMNS.get(name, name): value for name, value in body.dict(exclude_unset=True).items()}
    if "applications" in given:
        given["applications"] = applications_with_uris(given["applications"], "applications")
    return given


def applications_with_uris(uris: Sequence[str], member: str) -> list[TrustedApplication]:
    """The applications of these URIs, in any case; raises `Problem` 422 with a pointer to each that there is not."""
    wanted = [uri.lower() for uri in uris]
    lowered = TrustedApplication.objects.alias(lowered=Lower("application_uri"))
    lowered = lowered.filter(lowered__in=askable(wanted))
    found = {application.application_uri.lower(): application for application in lowered}
    return each_of(found, wanted, member, "There is no application of this URI.")


def with_members() -> QuerySet[ResourceServer]:
    """Resource Servers with all that their members tell, in as many queries for many as for one."""
    applications = TrustedApplication.objects.order_by("application_uri").only("application_uri")
    return ResourceServer.objects.prefetch_related(
        Prefetch("applications", applications), Prefetch("secrets", ResourceServerSecret.objects.order_by("pk"))
    )


def members_of_server(server: ResourceServer) -> dict[str, Any]:
    """The members of a server of `with_members`."""
    return {
        "id": server.pk,
        "client_id": server.client_id,
        "name": server.name,
        "is_enabled": server.is_enabled,
        "applications": [application.application_uri for application in server.applications.all()],
        "all_applications": server.asks_for_all_applications,
        "may_revoke": server.may_revoke,
        "share_profile": server.shares_profile,
        "required_scopes": list(server.required_scopes),
        "secrets": members_of_secrets(server.secrets.all()),
        "last_asked_at": server.last_asked_at,
    }


def members_of_secrets(secrets: Iterable[ResourceServerSecret]) -> list[dict[str, Any]]:
    """What tells secrets from each other."""
    return [{"id": one.pk, "hint": one.hint, "created_at": one.created_at} for one in secrets]
