"""The members of an application: in requests, and in answers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db.models import Prefetch
from ninja import Field, Schema
from pydantic import StrictBool, StrictInt

from accounts.models import User
from reference_tokens.lists.application_states import ApplicationState
from reference_tokens.lists.live_counts import MOST_OF_AN_APPLICATION, live_tokens_of_applications
from reference_tokens.management_api.bodies import Line, Members, Name
from reference_tokens.management_api.paging import Paging
from reference_tokens.management_api.searching import Words
from reference_tokens.policy.impact import Impact
from trusted_apps.models import AccessTokensPolicy, TrustedApplication

# As RFC 6749 §3.3 has it.
ScopeNames = list[Annotated[str, Field(pattern=r"^[\x21\x23-\x5B\x5D-\x7E]+$", max_length=64)]]
ExistingTokens = Literal["keep", "revoke", "shorten"]
Days = Annotated[StrictInt, Field(ge=1, le=36_500)]
# A request names so many owners at the most.
MOST_OWNERS = 1_000
Owners = Annotated[list[str], Field(max_length=MOST_OWNERS, description="The user names of all of its owners.")]


class ApplicationListing(Paging):
    """Which applications."""

    q: Words = ""
    uri: str = Field("", max_length=200, description="Exactly this application_uri, in any case.")
    state: ApplicationState | None = None
    owner: str = Field("", max_length=150, description="The id or the user name of one of its owners.")
    system_user: str = Field("", max_length=150, description="The id or the user name of its System User.")


class ApplicationCounts(Schema):
    """How many tokens an application has that are neither revoked nor expired."""

    live_tokens: int = Field(description=f"Counted to {MOST_OF_AN_APPLICATION}.")
    is_capped: bool = Field(description="Whether there are more than were counted.")


class ApplicationMembers(Schema):
    """A Trusted Application."""

    id: UUID
    application_uri: str
    name: str
    description: str
    access_tokens: AccessTokensPolicy = Field(description="Who may issue tokens for it.")
    scopes: list[str]
    system_user: str | None = Field(description="The user name of the System User that its SATs act as.")
    owners: list[str] = Field(description="User names.")
    max_lifetime_days: int | None = Field(description="Null: the maximum of the instance.")
    allows_tokens_without_expiry: bool
    allows_self_rotation: bool
    is_enabled: bool
    created_at: datetime
    counts: ApplicationCounts


class NewApplication(Members):
    """An application that is to be registered; what is left out has its default."""

    application_uri: str = Field(max_length=200)
    name: Name = Field("", description="Left out: its URI.")
    description: Line = ""
    access_tokens: AccessTokensPolicy = AccessTokensPolicy.NONE
    scopes: ScopeNames = Field(["read"])
    system_user: str | None = None
    owners: Owners = Field([])
    max_lifetime_days: Days | None = None
    allows_tokens_without_expiry: StrictBool = False
    allows_self_rotation: StrictBool = False
    is_enabled: StrictBool = True


class TokensChoice(Members):
    """What becomes of the live tokens that a change concerns (POL-6)."""

    existing_tokens: ExistingTokens | None = Field(
        None,
        description=(
            "keep: they stay as they are. shorten: those that live longer than they will be allowed to end then. "
            "revoke: that, and those are revoked that could not be issued any more or have no scope left. Without it "
            "a change that concerns live tokens is 409 and tells the impact, and a dry run answers it."
        ),
    )
    impact_seen: str | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="The impact_seen of an answer: where the change concerns other tokens by now, nothing is done.",
    )


class ApplicationChange(TokensChoice):
    """What is to be changed of an application; what is left out stays."""

    application_uri: str = Field("", max_length=200)
    name: Name = ""
    description: Line = ""
    access_tokens: AccessTokensPolicy = AccessTokensPolicy.NONE
    scopes: ScopeNames = Field([])
    system_user: str | None = None
    owners: Owners = Field([])
    max_lifetime_days: Days | None = None
    allows_tokens_without_expiry: StrictBool = False
    allows_self_rotation: StrictBool = False
    is_enabled: StrictBool = True


class OwnerCountMembers(Schema):
    """How many of the tokens somebody has; without a kind all others together."""

    count: int
    kind: str | None = Field(description="PAT or SAT.")
    username: str | None = Field(description="Of the holder; null of SATs.")


class TokenGroupMembers(Schema):
    """Tokens that a change concerns in the same way."""

    count: int
    owners: list[OwnerCountMembers] = Field(description="Who has most of them.")


class ImpactMembers(Schema):
    """The live tokens that a change concerns, by what it does to them; null where it concerns none in that way."""

    outside_policy: TokenGroupMembers | None = Field(description="They could not be issued any more.")
    living_longer: TokenGroupMembers | None = Field(description="They live longer than a new one may.")
    losing_scopes: TokenGroupMembers | None = Field(description="They may do less than before.")
    without_scopes: TokenGroupMembers | None = Field(description="They may do nothing any more.")
    disabled: TokenGroupMembers | None = Field(description="They are not good while it is disabled.")
    acting_as_another: TokenGroupMembers | None = Field(description="They act as another System User, or as nobody.")


class ApplicationChanged(ApplicationMembers):
    """An application as it is after a change, and what the change did to its live tokens."""

    impact: ImpactMembers | None = Field(description="Null where it concerned no live token.")
    impact_seen: str | None = Field(description="Stands for this change and exactly these tokens.")
    revoked_tokens: int
    shortened_tokens: int


def listed_applications(ids: Collection[UUID], now: datetime) -> list[dict[str, Any]]:
    """The members of those of these applications that there still are, in this order; always as many queries."""
    owners = Prefetch("owners", User.objects.order_by("username").only("username"))
    rows = TrustedApplication.objects.select_related("system_user").prefetch_related(owners)
    found, live = rows.in_bulk(list(ids)), live_tokens_of_applications(ids, now)
    return [members_of_application(found[pk]) | {"counts": counts_of(live[pk])} for pk in ids if pk in found]


def members_of_application(application: TrustedApplication) -> dict[str, Any]:
    """What the row of an application holds, and the people in it."""
    return {
        "id": application.pk,
        "application_uri": application.application_uri,
        "name": application.name,
        "description": application.description,
        "access_tokens": application.access_tokens_policy,
        "scopes": list(application.scopes),
        "system_user": application.system_user and application.system_user.username,
        "owners": [owner.username for owner in application.owners.all()],
        "max_lifetime_days": application.max_lifetime_days,
        "allows_tokens_without_expiry": application.allows_tokens_without_expiry,
        "allows_self_rotation": application.allows_self_rotation,
        "is_enabled": application.is_enabled,
        "created_at": application.created_at,
    }


def counts_of(live: Any) -> dict[str, Any]:
    """How many live tokens were counted."""
    return {"live_tokens": live.number, "is_capped": live.is_capped}


def impact_members(impact: Impact) -> dict[str, Any]:
    """The impact of a change, as the page of the application tells it."""
    groups = {
        name: {
            "count": group.count,
            "owners": [
                {"count": owner.count, "kind": owner.kind or None, "username": owner.username or None}
                for owner in group.owners
            ],
        }
        for name, group in impact.groups.items()
    }
    return dict.fromkeys(ImpactMembers.model_fields) | groups
