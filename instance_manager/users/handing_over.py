"""Handing over: what a person who leaves still runs is moved to SATs before they go."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from accounts.models import User
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import user_url
from instance_manager.pages import MANAGE
from instance_manager.tokens.creation import ask_or_issue
from instance_manager.tokens.lists import INVENTORY_LINKS, obstacle_to_creating
from instance_manager.users.directory import person_or_404
from reference_tokens.lists.capped_count import capped
from reference_tokens.lists.rows import TokenRow, token_row
from reference_tokens.lists.still_running import MOST_SHOWN, number_running, sats_beside, still_running
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.details import create_again
from reference_tokens.pages.token_site import with_its_dialogs
from reference_tokens.usage.history import sparklines
from reference_tokens.usage.sources import TokenSource, sources_of

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class RunningToken:
    """A PAT that still runs something: what uses it, and what can take its place."""

    token: TokenRow
    # The Resource Server that asked last, and the address from which that was: each empty where it is not known.
    server: str
    address: str
    other_sources: list[TokenSource]
    create: dict[str, str]
    beside: TokenRow | None


@require_safe
@administrator_required
def hand_over(request: SignedInRequest, user_id: uuid.UUID) -> HttpResponse:
    """The PATs of a person that still run something, the last used first, each with the way to a SAT beside it."""
    person, now = person_or_404(user_id), timezone.now()
    found = list(with_its_dialogs(still_running(person, now))[: MOST_SHOWN + 1])
    context = {
        "heading": _("Hand over the tokens of %(name)s") % {"name": person.name_beside_others},
        "tokens": running_tokens(found[:MOST_SHOWN], person, now),
        "count_label": capped(len(found), MOST_SHOWN).label,
        "are_more": len(found) > MOST_SHOWN,
        "most": MOST_SHOWN,
        "back_url": user_url(person.pk),
        "back_label": person.name_beside_others,
    }
    return MANAGE.page(request, "instance_manager/hand_over.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def sat_create_beside(request: SignedInRequest, user_id: uuid.UUID, token_id: uuid.UUID) -> HttpResponse:
    """Issue a SAT of the application of a person's PAT as on the application's page, and lead back to the list."""
    person = person_or_404(user_id)
    tokens = ReferenceToken.objects.held_by(person).select_related("application__system_user")
    token = get_object_or_404(tokens, pk=token_id)
    return ask_or_issue(request, token.application, back_url=hand_over_url(person))


def running_tokens(tokens: list[ReferenceToken], person: User, now: datetime) -> list[RunningToken]:
    """The rows of the list: three queries, however many there are."""
    usage, beside = sparklines(tokens, now), sats_beside(tokens, now)
    return [
        RunningToken(
            token=token_row(token, now, INVENTORY_LINKS, usage=usage.get(token.pk)),
            **last_source(token),
            create=creation_beside(token, person),
            beside=token_row(beside[token.pk], now, INVENTORY_LINKS) if token.pk in beside else None,
        )
        for token in tokens
    ]


def last_source(token: ReferenceToken) -> dict[str, Any]:
    """Who asked last and from where; and from where else the token was used."""
    use = token.use
    server = use.last_used_server.name if use.last_used_server else ""
    address = use.last_used_address or ""
    others = [source for source in sources_of(token) if source.name not in {server, address}]
    return {"server": server, "address": address, "other_sources": others}


def creation_beside(token: ReferenceToken, person: User) -> dict[str, str]:
    """The form that issues a SAT like the PAT; or why none can be issued (POL-4)."""
    form_url = reverse("manage:sat_create_beside", args=[person.pk, token.pk])
    return {"url": create_again(token, form_url).url, **obstacle_to_creating(token.application)}


def hand_over_note(user: User, now: datetime) -> dict[str, str] | None:
    """How many tokens of a person still run something, and where they are handed over; None where none does."""
    number = number_running(user, now)
    if not number.number:
        return None
    still_run = ngettext(
        "%(count)s token still runs something: hand it over first.",
        "%(count)s tokens still run something: hand them over first.",
        number.plural,
    )
    label = ngettext("Hand over %(count)s token", "Hand over %(count)s tokens", number.plural)
    return {"text": still_run % {"count": number}, "url": hand_over_url(user), "label": label % {"count": number}}


def hand_over_url(user: User) -> str:
    """The page that lists what a person still runs."""
    return reverse("manage:hand_over", args=[user.pk])
