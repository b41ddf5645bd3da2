"""`/applications`: Trusted Applications, registered and changed; what a change does to their tokens is said first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Path, Query, Router

from accounts.database.replica import read_from_replica
from accounts.models import User
from accounts.text.case_folding import contains_text
from reference_tokens.lists.application_states import applications_in_state
from reference_tokens.management_api.authentication import READ, WRITE
from reference_tokens.management_api.naming import users_named
from reference_tokens.management_api.paging import Page, page, rows_of_page
from reference_tokens.management_api.preconditions import IfMatch, expected, set_entity_tag
from reference_tokens.management_api.problems import conflict, invalid_member, invalid_parameter
from reference_tokens.management_api.requests import Request
from reference_tokens.management_api.resources.applications.members import (
    ApplicationChange,
    ApplicationChanged,
    ApplicationListing,
    ApplicationMembers,
    NewApplication,
    TokensChoice,
    impact_members,
    listed_applications,
)
from reference_tokens.management_api.searching import words_in
from reference_tokens.management_api.writing import is_dry_run
from reference_tokens.policy.change import ImpactChoices, ImpactNotSeen, TokensChanged, change_application
from trusted_apps.models import TrustedApplication
from trusted_apps.registration import application_settings, create_application

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.forms.versions import Opened

router = Router(tags=["applications"])

# What is not known before it is asked for: whatever there is.
KEEP = ImpactChoices(seen=None)


@router.get("", auth=READ, response=Page[ApplicationMembers], summary="List applications")
def list_applications(request: Request, response: HttpResponse, listing: Query[ApplicationListing]) -> dict[str, Any]:
    """Applications by name, narrowed as on the page of them."""
    now = request.caller.now
    shown, following = rows_of_page(found_applications(listing, now), listing, ["name", "id"])
    listed = read_from_replica(lambda: listed_applications([one.pk for one in shown], now))
    return page(request, response, listed, following)


@router.get("/{uuid:application_id}", auth=READ, response=ApplicationMembers, summary="Read an application")
def read_application(request: Request, response: HttpResponse, application_id: Path[UUID]) -> dict[str, Any]:
    """The application."""
    return shown_application(request, response, get_object_or_404(TrustedApplication, pk=application_id))


@router.post("", auth=WRITE, response={201: ApplicationMembers}, summary="Register an application")
def register_application(request: Request, response: HttpResponse, body: NewApplication) -> dict[str, Any]:
    """Register an application, for which nobody may issue tokens unless the body says who."""
    caller, values = request.caller, columns_of(body)
    values.setdefault("name", body.application_uri)
    values.setdefault("scopes", body.scopes)
    application = create_application(actor=caller.actor, now=caller.now, **values)
    response["Location"] = f"{request.path}/{application.pk}"
    return shown_application(request, response, application)


@router.patch("/{uuid:application_id}", auth=WRITE, response=ApplicationChanged, summary="Change an application")
def change_one_application(
    request: Request,
    response: HttpResponse,
    application_id: Path[UUID],
    body: ApplicationChange,
    if_match: IfMatch = "",
) -> dict[str, Any]:
    """Change an application, and do to its live tokens what `existing_tokens` says.

    409 with the impact where the change concerns live tokens and nothing says what becomes of them; a dry run answers
    the impact, whatever is said.
    """
    opened = expected(if_match)
    choices = choices_of(body, is_dry=is_dry_run(request))
    return changed(request, response, application_id, choices, opened=opened, **columns_of(body))


@router.post("/{uuid:application_id}/enable", auth=WRITE, response=ApplicationChanged, summary="Enable an application")
def enable_application(request: Request, response: HttpResponse, application_id: Path[UUID]) -> dict[str, Any]:
    """Let its tokens be good again that are neither revoked nor expired."""
    return changed(request, response, application_id, KEEP, is_enabled=True)


@router.post(
    "/{uuid:application_id}/disable", auth=WRITE, response=ApplicationChanged, summary="Disable an application"
)
def disable_application(request: Request, response: HttpResponse, application_id: Path[UUID]) -> dict[str, Any]:
    """Let none of its tokens be good, and none be issued, until it is enabled again."""
    return changed(request, response, application_id, KEEP, is_enabled=False)


def found_applications(listing: ApplicationListing, now: datetime) -> QuerySet[TrustedApplication]:
    """The applications that a list is narrowed to."""
    found = applications_in_state(listing.state or "", now)
    if words := words_in(listing.q):
        found = found.filter(contains_text("name", words) | contains_text("application_uri", words))
    if listing.uri:
        found = found.filter(application_uri__iexact=listing.uri.replace("\0", ""))
    for parameter, column in {"owner": "owners", "system_user": "system_user"}.items():
        if text := getattr(listing, parameter):
            found = found.filter(**{column: user_of_parameter(parameter, text)})
    return found


def user_of_parameter(name: str, text: str) -> User:
    """The user of this id or user name; raises `Problem` 422."""
    try:
        user = User.objects.filter(pk=UUID(text)).first()
    except ValueError:
        user = User.objects.named(text).first()
    if user is None:
        raise invalid_parameter(name, "There is no such user.")
    return user


def columns_of(body: NewApplication | ApplicationChange) -> dict[str, Any]:
    """The columns and the owners that the body gives; raises `Problem` 422 for a user whom there is not."""
    given = body.dict(exclude_unset=True, exclude=set(TokensChoice.model_fields))
    if "access_tokens" in given:
        given["access_tokens_policy"] = given.pop("access_tokens")
    if given.get("system_user") is not None:
        given["system_user"] = user_of_member("system_user", given["system_user"])
    if "owners" in given:
        given["owners"] = users_named(given["owners"], "owners")
    return given


def user_of_member(name: str, username: str) -> User:
    """The user of this user name, in any case; raises `Problem` 422."""
    user = User.objects.named(username).first()
    if user is None:
        raise invalid_member(name, "There is no user of this name.")
    return user


def choices_of(body: TokensChoice, *, is_dry: bool) -> ImpactChoices:
    """What is to be done to the tokens that a change concerns; nothing may be concerned where nothing is said."""
    wanted = body.existing_tokens
    if wanted is None and body.impact_seen is None:
        return KEEP if is_dry else ImpactChoices()
    return ImpactChoices(
        body.impact_seen,
        revokes_outside=wanted == "revoke",
        shortens=wanted in {"revoke", "shorten"},
        revokes_without_scopes=wanted == "revoke",
    )


def changed(
    request: Request,
    response: HttpResponse,
    application_id: UUID,
    choices: ImpactChoices,
    *,
    opened: Opened | None = None,
    **values: Any,
) -> dict[str, Any]:
    """Change an application; returns it with what that did. Raises `Problem` 409 with an impact that was not seen."""
    caller = request.caller
    try:
        done = change_application(
            actor=caller.actor,
            application_id=application_id,
            now=caller.now,
            choices=choices,
            opened=opened,
            **values,
        )
    except ImpactNotSeen as not_seen:
        impact = {"impact": impact_members(not_seen.impact), "impact_seen": not_seen.impact.seen}
        if choices.seen:
            raise conflict("The change concerns other tokens than those that were seen.", **impact) from not_seen
        raise conflict(
            "The change concerns live tokens: say in existing_tokens what becomes of them.", **impact
        ) from None
    application = TrustedApplication.objects.get(pk=application_id)
    return shown_application(request, response, application) | effect_members(done)


def effect_members(done: TokensChanged) -> dict[str, Any]:
    """What a change did to live tokens."""
    impact = done.impact if done.impact and done.impact.groups else None
    return {
        "impact": impact and impact_members(impact),
        "impact_seen": impact and impact.seen,
        "revoked_tokens": done.revoked,
        "shortened_tokens": done.shortened,
    }


def shown_application(request: Request, response: HttpResponse, application: TrustedApplication) -> dict[str, Any]:
    """The application as it is now, with its tag; raises `DoesNotExist` where it went after it was read."""
    set_entity_tag(response, application_settings(application))
    found = listed_applications([application.pk], request.caller.now)
    if not found:
        raise TrustedApplication.DoesNotExist
    return found[0]
