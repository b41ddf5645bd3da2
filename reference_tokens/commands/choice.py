"""Which tokens a command acts on: exactly one of its options says so."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from accounts.commands import Error, find_user, parse_instant_option, secret_from_standard_input
from reference_tokens.commands.resource_servers import resource_server_called
from reference_tokens.lifecycle.hash_keys import under_lost_keys
from reference_tokens.lists.finding.conditions import of_server
from reference_tokens.models import ReferenceToken, ReferenceTokenQuerySet
from reference_tokens.validation.validate import token_id_of
from trusted_apps.commands import application_with_uri

if TYPE_CHECKING:
    from argparse import _MutuallyExclusiveGroup

    from django.core.management.base import CommandParser

# The tokens, and what chose them, as the audit log keeps it.
Chosen = tuple[ReferenceTokenQuerySet, dict[str, Any]]


def add_choice_of_one(parser: CommandParser, *, also: str = "") -> _MutuallyExclusiveGroup:
    """Add the options that name one token; returns their group, of which one must be given."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--id", metavar="ID", help="the token with this id")
    which.add_argument("--token-stdin", action="store_true", help=f"the token on standard input{also}")
    return which


def add_choice_of_many(parser: CommandParser) -> _MutuallyExclusiveGroup:
    """Add the options that name one token, or what many have in common; returns their group."""
    which = add_choice_of_one(parser, also="; needs --yes")
    which.add_argument("--user", metavar="USERNAME", help="every PAT of this person")
    which.add_argument("--application", metavar="URI", help="every PAT and SAT of this application")
    which.add_argument("--server", metavar="CLIENT_ID", help="every token that this Resource Server may ask about")
    which.add_argument("--issued-before", metavar="ISO", help="every token issued before this time")
    which.add_argument("--lost-keys", action="store_true", help="every token whose key is not in TOKEN_HASH_KEYS")
    which.add_argument("--all", action="store_true", help="every token of the instance")
    return which


def chosen(options: dict[str, Any]) -> Chosen:
    """The tokens that the options name, and the filter as the audit log keeps it; raises `Error`."""
    if options["token_stdin"] or options["id"] is not None:
        token_id = chosen_one(options)
        return ReferenceToken.objects.filter(pk=token_id), {"token": str(token_id)}
    return chosen_many(ReferenceToken.objects.all(), options)


def chosen_one(options: dict[str, Any]) -> uuid.UUID:
    """The id of the token that the options name; raises `Error` where there is none."""
    token_id = token_id_of(secret_from_standard_input("token")) if options["token_stdin"] else id_in(options["id"])
    if token_id is None or not ReferenceToken.objects.filter(pk=token_id).exists():
        raise Error("there is no such token.")
    return token_id


def chosen_many(tokens: ReferenceTokenQuerySet, options: dict[str, Any]) -> Chosen:
    """All of the tokens that have in common what the options say; raises `Error`."""
    if options["user"] is not None:
        user = find_user(options["user"])
        return tokens.held_by(user), {"user": str(user.pk)}
    if options["application"] is not None:
        application = application_with_uri(options["application"])
        return tokens.of(application), {"application": str(application.pk)}
    if options["server"] is not None:
        server = resource_server_called(options["server"])
        return tokens.filter(of_server(server.client_id).found), {"server": server.client_id}
    if options["issued_before"] is not None:
        before = parse_instant_option("--issued-before", options["issued_before"])
        return tokens.filter(issued_at__lt=before), {"issued_before": before.isoformat()}
    return (under_lost_keys(tokens), {"lost_keys": True}) if options["lost_keys"] else (tokens, {"all": True})


def id_in(text: str) -> uuid.UUID | None:
    """The id that a text is, or None where it is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def add_old_values_option(parser: CommandParser) -> None:
    """Add the option that leaves the old values of a chain as they are."""
    parser.add_argument(
        "--keep-old-values", action="store_true", help="leave old values that live on beside the newest of a chain"
    )


def add_reason_option(parser: CommandParser) -> None:
    """Add the option that says why."""
    parser.add_argument("--reason", default="", help="why, for the people concerned and the audit log")
