"""What a configuration file holds; its members are those of the management API (contract 5).

A section that is missing says nothing about its kind, a member that is missing nothing about itself.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from accounts.text.free_text import tidied

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"
MOST = 10_000

# PostgreSQL takes no NUL.
Text = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")]
# What people read, as it is stored (TXT-1): it is found by that, and compared with that.
Line = Annotated[Text, AfterValidator(tidied)]
Names = Annotated[list[Text], Field(max_length=MOST)]


class Entry(BaseModel):
    """One thing. A member that is not known is refused, so that no mistyped name goes unnoticed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def given(self) -> dict[str, Any]:
        """The members that the file names."""
        return self.model_dump(exclude_unset=True)


class ScopeEntry(Entry):
    """A scope, found by its name."""

    name: Text
    description: Line


class SystemUserEntry(Entry):
    """A System User, found by the user name."""

    username: Text
    name: Line = ""


class GroupEntry(Entry):
    """A group, found by its name; `members` are the user names of all of them."""

    name: Line
    members: Names = []


class ApplicationEntry(Entry):
    """A Trusted Application, found by its URI."""

    application_uri: Text
    name: Line = ""
    description: Line = ""
    access_tokens: Literal["None", "AuthenticatedUsers", "AdministratorsOnly"] = "None"
    scopes: Names = []
    system_user: Text | None = None
    owners: Names = []
    max_lifetime_days: int | None = None
    allows_tokens_without_expiry: bool = False
    allows_self_rotation: bool = False
    is_enabled: bool = True


class ResourceServerEntry(Entry):
    """A Resource Server, found by its name; `applications` are URIs."""

    name: Line
    applications: Names = []
    all_applications: bool = False
    may_revoke: bool = False
    share_profile: bool = False
    required_scopes: Names = []
    is_enabled: bool = True


class WebhookEntry(Entry):
    """A webhook, found by its address."""

    url: Text
    types: Names = []
    application: Text | None = None
    description: Line = ""


class Configuration(Entry):
    """A configuration file."""

    scopes: Annotated[list[ScopeEntry], Field(max_length=MOST)] | None = None
    system_users: Annotated[list[SystemUserEntry], Field(max_length=MOST)] | None = None
    groups: Annotated[list[GroupEntry], Field(max_length=MOST)] | None = None
    applications: Annotated[list[ApplicationEntry], Field(max_length=MOST)] | None = None
    resource_servers: Annotated[list[ResourceServerEntry], Field(max_length=MOST)] | None = None
    webhooks: Annotated[list[WebhookEntry], Field(max_length=MOST)] | None = None


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a file, for editors and pipelines."""
    return {"$schema": SCHEMA_ID, **Configuration.model_json_schema()}
