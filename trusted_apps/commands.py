"""The options and the output that the commands for applications share."""

from __future__ import annotations

from argparse import BooleanOptionalAction
from typing import TYPE_CHECKING, Any

from accounts.commands import Error, find_user
from trusted_apps.models import AccessTokensPolicy, TrustedApplication

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from accounts.models import User


def add_application_options(parser: CommandParser) -> None:
    """Add the options of both; one that is not given is None, which means "as it is"."""
    parser.add_argument("application_uri", help="what identifies it, for example com.example/excel")
    parser.add_argument("--name", help="what people call it")
    parser.add_argument("--description", help="one sentence about it")
    parser.add_argument("--access-tokens", choices=AccessTokensPolicy.values, help="who may issue access tokens")
    parser.add_argument("--scopes", help='what its tokens may do, separated by spaces: "read update"')
    parser.add_argument("--system-user", metavar="USERNAME", help='whom its SATs act as; "" for nobody')
    parser.add_argument("--max-lifetime-days", type=int, metavar="N", help="0 for the instance's maximum")
    parser.add_argument("--allow-no-expiry", action=BooleanOptionalAction, help="tokens may live for ever")
    parser.add_argument("--allow-self-rotation", action=BooleanOptionalAction, help="a token may replace itself")
    parser.add_argument("--owner", action="append", metavar="USERNAME", help="who is mailed about it (repeatable)")
    parser.add_argument("--no-owner", action="store_const", const=[], dest="owner", help="nobody is mailed about it")


def given_columns(options: dict[str, Any]) -> dict[str, Any]:
    """The columns that the options give; raises `Error` for a user that does not exist."""
    columns = {
        "name": options["name"],
        "description": options["description"],
        "access_tokens_policy": options["access_tokens"],
        "scopes": options["scopes"],
        "allows_tokens_without_expiry": options["allow_no_expiry"],
        "allows_self_rotation": options["allow_self_rotation"],
    }
    values = {name: value for name, value in columns.items() if value is not None}
    if options["max_lifetime_days"] is not None:
        values["max_lifetime_days"] = options["max_lifetime_days"] or None
    if options["system_user"] is not None:
        values["system_user"] = find_user(options["system_user"]) if options["system_user"] else None
    return values


def given_owners(options: dict[str, Any]) -> list[User] | None:
    """The owners that the options give, or None; raises `Error` for one that does not exist."""
    return None if options["owner"] is None else [find_user(username) for username in options["owner"]]


def application_with_uri(uri: str) -> TrustedApplication:
    """The application of that URI, in upper or lower case; raises `Error` if there is none."""
    # PostgreSQL takes no NUL, and no URI has one.
    application = TrustedApplication.objects.filter(application_uri__iexact=uri).first() if "\0" not in uri else None
    if application is None:
        raise Error(f"there is no Trusted Application {uri}.")
    return application


def application_members(application: TrustedApplication) -> dict[str, Any]:
    """All that is known of an application, by the names of the contract."""
    return {
        "id": str(application.pk),
        "application_uri": application.application_uri,
        "name": application.name,
        "description": application.description,
        "access_tokens": str(application.access_tokens_policy),
        "scopes": list(application.scopes),
        "system_user": application.system_user.username if application.system_user else None,
        "owners": sorted(owner.username for owner in application.owners.all()),
        "max_lifetime_days": application.max_lifetime_days,
        "allows_tokens_without_expiry": application.allows_tokens_without_expiry,
        "allows_self_rotation": application.allows_self_rotation,
        "is_enabled": application.is_enabled,
        "created_at": application.created_at.isoformat(),
    }


def application_result(application: TrustedApplication) -> dict[str, Any]:
    """The facts about an application that the commands print."""
    return {
        "id": str(application.pk),
        "application_uri": application.application_uri,
        "name": application.name,
        "access_tokens": str(application.access_tokens_policy),
        "scopes": list(application.scopes),
        "system_user": application.system_user.username if application.system_user else None,
        "enabled": application.is_enabled,
    }
