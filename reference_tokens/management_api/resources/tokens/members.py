"""The members of a token, as every answer of the API has them: never its value, never its digest."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from ninja import Field, Schema

from reference_tokens.models import ReferenceToken
from reference_tokens.models.outside_policy import Outside, reasons_outside
from reference_tokens.validation.decision import Inactive, decide
from reference_tokens.validation.records import record_of

if TYPE_CHECKING:
    from reference_tokens.models import ReferenceTokenQuerySet

ACTIVE: Literal["active"] = "active"
# What is read of each token, in one statement.
OF_APPLICATION = (
    *("application_uri", "name", "scopes", "is_enabled"),
    *("access_tokens_policy", "max_lifetime_days", "allows_tokens_without_expiry"),
)
COLUMNS_READ: dict[str, tuple[str, ...]] = {
    "": (
        *("kind", "description", "scopes", "hint", "issued_at", "expires_at", "first_used_at", "issuer", "replaces"),
        *("revoked_at", "revocation_reason", "revocation_code", "suspended_at", "exposed_at"),
    ),
    "use": ("last_used_at",),
    "application": OF_APPLICATION,
    "application__system_user": ("username", "is_active"),
    "holder": ("username", "is_active", "is_administrator"),
    "replaced_by": ("hint",),
}


class TokenMembers(Schema):
    """A token."""

    id: UUID
    kind: ReferenceToken.Kind
    application: str = Field(description="The application_uri of its Trusted Application.")
    application_name: str
    description: str
    scopes: list[str] = Field(description="Those in effect: its own that its application offers today.")
    issued_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    username: str | None = Field(description="Of its holder.")
    status: Literal["active"] | Inactive = Field(description="Whether it is good now, or the first reason against it.")
    holder: UUID | None = Field(description="The user whom it speaks for; null where a SAT has no System User.")
    issuer: UUID | None = Field(description="Null where it was issued by the operator or by a SAT.")
    hint: str = Field(description="The first and the last digits of its value.")
    revoked_at: datetime | None
    revocation_reason: str | None
    suspended_at: datetime | None
    replaces: UUID | None = Field(description="The token whose place it took.")
    replaced_by: UUID | None
    outside_policy: list[Outside] = Field(description="Why it could not be issued today; empty where it could.")
    exposed_at: datetime | None = Field(description="When it was first reported as seen where others can read it.")


def with_members(tokens: ReferenceTokenQuerySet) -> ReferenceTokenQuerySet:
    """The tokens, read with what their members tell, and nothing else."""
    related = [name for name in COLUMNS_READ if name]
    columns = [f"{table}__{name}" if table else name for table, names in COLUMNS_READ.items() for name in names]
    return tokens.select_related(*related).only(*columns, *related)


def token_members(token: ReferenceToken, now: datetime) -> dict[str, Any]:
    """The members of a token that comes from `with_members`."""
    application = token.application
    holder = token.holder or application.system_user
    return {
        "id": token.pk,
        "kind": token.kind,
        "application": application.application_uri,
        "application_name": application.name,
        "description": token.description,
        "scopes": [scope for scope in token.scopes if scope in application.scopes],
        "issued_at": token.issued_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "username": holder.username if holder else None,
        "status": decide(record_of(token), now).inactive or ACTIVE,
        "holder": holder.pk if holder else None,
        "issuer": token.issuer_id,
        "hint": token.hint,
        "revoked_at": token.revoked_at,
        "revocation_reason": token.why_revoked.for_programs() or None,
        "suspended_at": token.suspended_at,
        "replaces": token.replaces_id,
        "replaced_by": token.successor.pk if token.successor else None,
        "outside_policy": reasons_outside(token.terms, application, now),
        "exposed_at": token.exposed_at,
    }
