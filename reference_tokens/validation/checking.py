"""Checking a token (VAL-6): the answer that a door would give now, and why. It changes nothing and is no use of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables

from accounts.audit.record import Actor, Target, record_event
from accounts.limits.rates import Limits
from reference_tokens.token_values import token_format
from reference_tokens.token_values.key_ring import KeyRingIncomplete
from reference_tokens.validation.callers import Caller
from reference_tokens.validation.decision import Inactive
from reference_tokens.validation.noting import LACKS_SCOPES
from reference_tokens.validation.validate import (
    judge,
    judge_stored,
    none_stored,
    ring_is_incomplete,
    token_id_of,
)

if TYPE_CHECKING:
    from datetime import datetime

    from reference_tokens.models import ReferenceToken, ReferenceTokenQuerySet, ResourceServer
    from reference_tokens.validation.decision import Decision


# Each check of an administrator adds to the audit log for ever.
CHECKS = Limits("check", 60, account=30)


class Outcome(StrEnum):
    """What is found beside the reasons of the decision."""

    ACTIVE = "active"
    CANNOT_TELL = "cannot_tell"
    NOT_OWN = "not_own"
    # The door itself is closed, to any token.
    SERVER_DISABLED = "resource_server_disabled"
    FORWARD_AUTH_OFF = "forward_auth_off"


VERDICTS = {
    Outcome.ACTIVE: gettext_lazy("Accepted: the token is active"),
    LACKS_SCOPES: gettext_lazy("Active, but refused at forward auth: a scope is missing"),
    Inactive.MALFORMED: gettext_lazy("Refused: this is mistyped"),
    Inactive.UNKNOWN: gettext_lazy("Refused: there is no such token"),
    Inactive.OTHER_SERVER: gettext_lazy("Refused: the Resource Server is not registered for it"),
    Inactive.REVOKED: gettext_lazy("Refused: the token was revoked"),
    Inactive.SUSPENDED: gettext_lazy("Refused: the token is suspended"),
    Inactive.EXPIRED: gettext_lazy("Refused: the token has expired"),
    Inactive.APPLICATION_DISABLED: gettext_lazy("Refused: the Trusted Application is disabled"),
    Inactive.HOLDER_INACTIVE: gettext_lazy("Refused: the user whom it speaks for is not active"),
    Inactive.NO_SCOPES: gettext_lazy("Refused: no scope is left"),
    Outcome.CANNOT_TELL: gettext_lazy("No answer: it cannot be told whether the token exists"),
    Outcome.NOT_OWN: gettext_lazy("Not one of your tokens"),
    Outcome.SERVER_DISABLED: gettext_lazy("Refused: the Resource Server is disabled"),
    Outcome.FORWARD_AUTH_OFF: gettext_lazy("Refused: forward auth without a Resource Server is turned off"),
}
# Introspection and forward auth: what each answers. All else is inactive, and 401.
ANSWERS = {
    Outcome.ACTIVE: ('200 {"active": true}', "200"),
    LACKS_SCOPES: ('200 {"active": true}', "403"),
    Outcome.CANNOT_TELL: ("503", "503"),
}
INACTIVE_ANSWERS = ('200 {"active": false}', "401")
CLOSED_ANSWERS = ("401", "401")


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found about a token; without the token where it is none, or not one of the reader's."""

    outcome: str
    server: ResourceServer | None = None
    found: ReferenceToken | None = None
    scopes: tuple[str, ...] = ()
    is_closed: bool = False

    @property
    def token(self) -> ReferenceToken:
        """The token; only where there is one."""
        if self.found is None:
            raise ValueError("no token was found")
        return self.found

    @property
    def asking(self) -> ResourceServer:
        """The Resource Server; only where one was chosen."""
        if self.server is None:
            raise ValueError("no Resource Server was chosen")
        return self.server

    @property
    def closed(self) -> str:
        """Why the door is closed to any token; empty where it is open."""
        if not self.is_closed:
            return ""
        return Outcome.SERVER_DISABLED if self.server else Outcome.FORWARD_AUTH_OFF

    @property
    def holds(self) -> str:
        """What holds: why the door is closed, or else what was found about the token."""
        return self.closed or self.outcome

    @property
    def answers(self) -> tuple[str, str]:
        """What introspection and forward auth answer."""
        return CLOSED_ANSWERS if self.closed else ANSWERS.get(self.outcome, INACTIVE_ANSWERS)


@dataclass(frozen=True, slots=True)
class Question:
    """Which token is asked about, by its value or as it was chosen, and who asks."""

    value: str
    chosen: uuid.UUID | None
    server: ResourceServer | None

    @property
    def token(self) -> str:
        """The value without the white space around it, which copying adds."""
        return self.value.strip()


@sensitive_variables("question")
def check(tokens: ReferenceTokenQuerySet, question: Question, now: datetime, *, not_found: str) -> Checked:
    """What the door answers about one of these tokens; any other is not found, somebody's too, at the same cost.

    The tokens come with what the reader is told of other tables (`select_related`).
    """
    server = question.server
    is_closed = not server.is_enabled if server else not settings.UNBOUND_FORWARD_AUTH
    caller = caller_of(server) if server else None
    token_id = question.chosen or token_id_of(question.token, tokens)
    try:
        decision = decided(question, token_id, caller, now)
    except KeyRingIncomplete:
        return Checked(Outcome.CANNOT_TELL, server=server, is_closed=is_closed)
    # Read after the decision: it tells who did what the decision found.
    token = tokens.get(pk=token_id) if token_id else None
    return Checked(
        not_found if decision.inactive is Inactive.UNKNOWN else outcome_of(decision, server),
        server=server,
        found=token,
        scopes=decision.scopes,
        is_closed=is_closed,
    )


def outcome_of(decision: Decision, server: ResourceServer | None) -> str:
    """The decision in one word, as it is counted at the door."""
    has_scopes = decision.has_scopes(server.required_scopes if server else ())
    return decision.inactive or (Outcome.ACTIVE if has_scopes else LACKS_SCOPES)


@sensitive_variables("question")
def decided(question: Question, token_id: uuid.UUID | None, caller: Caller | None, now: datetime) -> Decision:
    """What the one decision says of the value, or of the chosen token; raises `KeyRingIncomplete`."""
    if question.chosen:
        return judge_stored(question.chosen, now=now, server=caller)
    if token_id is None and token_format.is_well_formed(question.token):
        # It may be somebody else's: to this person there is none.
        return none_stored(caller)
    return judge(question.token, now=now, server=caller)


def caller_of(server: ResourceServer) -> Caller:
    """The Resource Server as validation knows it once it has proved who it is."""
    return Caller(
        id=server.pk,
        client_id=server.client_id,
        is_enabled=server.is_enabled,
        asks_for_all_applications=server.asks_for_all_applications,
        may_revoke=server.may_revoke,
        shares_profile=server.shares_profile,
        required_scopes=server.required_scopes,
        ring_is_incomplete=ring_is_incomplete(),
    )


def record_check(actor: Actor, checked: Checked, now: datetime) -> None:
    """Put into the audit log what was asked about, through which door, and what was found."""
    token, server = checked.found, checked.server
    target = Target("token", str(token.pk)) if token else Target("instance", "")
    details = {"outcome": str(checked.holds), "resource_server": server.client_id if server else ""}
    with transaction.atomic():
        record_event(actor, "token:check", target, now=now, details=details)
