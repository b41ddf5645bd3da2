from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.commands import Command as BaseCommand
from accounts.commands import cell_of, secret_from_standard_input
from reference_tokens.commands.resource_servers import resource_server_called
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.checking.mistypings import mistyping_in_words
from reference_tokens.validation.checking import VERDICTS, Question, check, record_check
from reference_tokens.validation.decision import Inactive

if TYPE_CHECKING:
    from reference_tokens.validation.checking import Checked


class Command(BaseCommand):
    help = "Say whether the token on standard input is good, and why not. That is no use of it; the check is recorded."
    example = 'check_token --client-id "Orders API"'

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--client-id",
            metavar="ID",
            help="of the Resource Server that asks, or its name; without it, forward auth without a Resource Server",
        )

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        named, now = options["client_id"], timezone.now()
        server = None if named is None else resource_server_called(named)
        value = secret_from_standard_input("token")
        tokens = ReferenceToken.objects.select_related("application__system_user", "holder", "replaced_by")
        checked = check(tokens, Question(value, None, server), now, not_found=Inactive.UNKNOWN)
        record_check(OPERATOR, checked, now)
        introspection, forward_auth = checked.answers
        return {
            "active": forward_auth == "200",
            "outcome": str(checked.holds),
            "says": str(VERDICTS[checked.holds]),
            "mistakes": mistyping_in_words(value) if checked.outcome == Inactive.MALFORMED else [],
            "resource_server": server.client_id if server else None,
            "introspection": introspection if server else None,
            "forward_auth": forward_auth,
            "token": facts_about(checked) if checked.found else None,
        }

    def lines(self, result: dict[str, Any]) -> list[str]:
        token = result["token"] or {}
        return [
            f"{result['says']}.",
            *result["mistakes"],
            *(f"{name.replace('_', ' ')}: {cell_of(value)}" for name, value in token.items() if value),
            *([f"answer to introspection: {result['introspection']}"] if result["introspection"] else []),
            f"answer at forward auth: {result['forward_auth']}",
        ]


def facts_about(checked: Checked) -> dict[str, Any]:
    """What tells which token it is, what it may do now, and what was done to it."""
    token = checked.token
    holder = token.holder or token.application.system_user
    instants = ("issued_at", "expires_at", "suspended_at", "revoked_at")
    return {
        "id": str(token.pk),
        "hint": token.hint,
        "kind": str(token.kind),
        "application": token.application.application_uri,
        "username": holder.username if holder else None,
        "scopes": list(checked.scopes),
        **{name: at.isoformat() if (at := getattr(token, name)) else None for name in instants},
        "revocation_reason": token.why_revoked.for_programs(),
        "suspension_reason": token.why_suspended.for_programs(),
        "replaced_by": str(token.successor.pk) if token.successor else None,
    }
