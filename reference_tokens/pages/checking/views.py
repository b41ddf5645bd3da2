"""Checking a token (VAL-6): the answer that a door would give now, and why. It changes nothing and is no use of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts.audit.record import Actor, Target, record_event
from accounts.forms.choosing import status_of
from accounts.forms.submission import sent
from accounts.limits.rates import Limits, count_attempt
from reference_tokens.pages.checking.answer import answer_in_words
from reference_tokens.pages.checking.form import CheckForm, ServerField
from reference_tokens.pages.checking.reasons import Checked, Outcome, Reader
from reference_tokens.pages.details import with_everything
from reference_tokens.pages.token_site import CHOSEN
from reference_tokens.token_values import token_format
from reference_tokens.token_values.key_ring import KeyRingIncomplete
from reference_tokens.validation.callers import Caller
from reference_tokens.validation.decision import Inactive
from reference_tokens.validation.noting import LACKS_SCOPES
from reference_tokens.validation.validate import (
    decision_on,
    judge,
    judge_stored,
    ring_is_incomplete,
    token_id_of,
)

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpResponse

    from accounts.http import SignedInRequest
    from reference_tokens.models import ReferenceToken, ReferenceTokenQuerySet, ResourceServer
    from reference_tokens.pages.token_site import TokenSite
    from reference_tokens.validation.decision import Decision

# Each check of an administrator adds to the audit log for ever.
CHECKS = Limits("check", 60, account=30)


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


@sensitive_variables("form", "context", "question")
def ask_or_check(
    request: SignedInRequest, pages: TokenSite, server_field: ServerField, *, is_administrator: bool
) -> HttpResponse:
    """Ask which token is to be checked and through which door, and say what that door would answer."""
    token = chosen_token(request, pages)
    form = CheckForm(sent(request), server=server_field, asks_value=token is None)
    context: dict[str, Any] = {"form": form, "token": token, "page_url": reverse(pages.check)}
    if token:
        context |= {"submit_url": pages.check_url(token), "token_url": reverse(pages.links.detail, args=[token.pk])}
    if form.is_valid():
        count_attempt(request, CHECKS, str(request.user.pk))
        chosen, server = token.pk if token else None, form.cleaned_data["server"]
        question, now = Question(form.cleaned_data.get("secret", ""), chosen, server), timezone.now()
        not_found = Inactive.UNKNOWN if is_administrator else Outcome.NOT_OWN
        checked = check(pages.tokens(request), question, now, not_found=not_found)
        if is_administrator:
            record_check(pages.actor(request), checked, now)
        reader = Reader(pages.links, is_administrator=is_administrator)
        context["answer"] = answer_in_words(checked, question.value, reader, now)
    return pages.site.page(request, "token_check.html", context, status=status_of(form, 422) if form.errors else 200)


def chosen_token(request: SignedInRequest, pages: TokenSite) -> ReferenceToken | None:
    """The token of the site that the address names; 404 where it names one that there is not."""
    if CHOSEN not in request.GET:
        return None
    try:
        token_id = uuid.UUID(request.GET[CHOSEN])
    except ValueError:
        raise Http404 from None
    return get_object_or_404(with_everything(pages.tokens(request)), pk=token_id)


@sensitive_variables("question")
def check(tokens: ReferenceTokenQuerySet, question: Question, now: datetime, *, not_found: str) -> Checked:
    """What the door answers about one of these tokens; any other is not found, somebody's too, at the same cost."""
    server = question.server
    is_closed = not server.is_enabled if server else not settings.UNBOUND_FORWARD_AUTH
    caller = caller_of(server) if server else None
    token_id = question.chosen or token_id_of(question.token, tokens)
    try:
        decision = decided(question, token_id, caller, now)
    except KeyRingIncomplete:
        return Checked(Outcome.CANNOT_TELL, server=server, is_closed=is_closed)
    # Read after the decision: it tells who did what the decision found.
    token = with_everything(tokens).get(pk=token_id) if token_id else None
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
        return decision_on(None, now, caller)
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
    details = {"outcome": str(checked.closed or checked.outcome), "resource_server": server.client_id if server else ""}
    with transaction.atomic():
        record_event(actor, "token:check", target, now=now, details=details)
