from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.commands import Command as BaseCommand
from accounts.commands import Error, find_user, parse_instant_option, wrong_usage
from reference_tokens.lifecycle.issuance import IssuingRefused, TokenRequest, issue_pat, issue_sat
from reference_tokens.models.lifetime import DEFAULT_DAYS, expiry_in_days, maximum_days
from trusted_apps.commands import application_with_uri
from trusted_apps.models import TrustedApplication

LONGEST_DAYS = 36_500


class Command(BaseCommand):
    help = "Issue a token. It is printed once and cannot be shown again."
    example = "issue_token --application com.example/excel --user alice --scopes read --expires-in-days 30"

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--application", required=True, metavar="URI", help="the Trusted Application it is for")
        whom = parser.add_mutually_exclusive_group(required=True)
        whom.add_argument("--user", metavar="USERNAME", help="a PAT, which acts as this person")
        whom.add_argument("--service", action="store_true", help="a SAT, which acts as the System User")
        parser.add_argument("--scopes", default="read", help='what it may do: "read update" (default: read)')
        expiry = parser.add_mutually_exclusive_group()
        expiry.add_argument("--expires-in-days", type=int, metavar="N", help=f"(default: {DEFAULT_DAYS})")
        expiry.add_argument("--expires-at", metavar="ISO", help="an instant, UTC where it names no offset")
        expiry.add_argument("--no-expiry", action="store_true", help="where the application allows it")
        parser.add_argument("--description", default="", help="what it is for")

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        now = timezone.now()
        application = application_with_uri(options["application"])
        token_request = TokenRequest(
            scopes=options["scopes"].split(),
            expires_at=expiry(options, application, now),
            description=options["description"],
        )
        try:
            if options["service"]:
                issued = issue_sat(actor=OPERATOR, application=application, token_request=token_request, now=now)
            else:
                user = find_user(options["user"])
                issued = issue_pat(
                    actor=OPERATOR, user=user, application=application, token_request=token_request, now=now
                )
        except IssuingRefused as refused:
            raise Error(f"no token for {application}: {refused}") from refused
        token = issued.token
        return {
            "id": str(token.pk),
            "token": issued.plaintext,
            "kind": str(token.kind),
            "application": application.application_uri,
            "scopes": list(token.scopes),
            "expires_at": token.expires_at.isoformat() if token.expires_at else None,
        }

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [result["token"]]


def expiry(options: dict[str, Any], application: TrustedApplication, now: datetime) -> datetime | None:
    """The instant that the options mean; without one, 30 days or the application's maximum if that is shorter."""
    if options["no_expiry"]:
        return None
    if options["expires_at"] is not None:
        return parse_instant_option("--expires-at", options["expires_at"])
    days = options["expires_in_days"]
    if days is None:
        days = min(DEFAULT_DAYS, maximum_days(application))
    if not 1 <= days <= LONGEST_DAYS:
        raise wrong_usage(f"--expires-in-days: give a whole number from 1 to {LONGEST_DAYS}.")
    return expiry_in_days(days, now)
