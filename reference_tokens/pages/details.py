"""Everything that is recorded of one token, as its page on either site shows it: never its value, never its digest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.audit.record import Source
from reference_tokens.lifecycle.chain import ENDED_STATES
from reference_tokens.lists.links import TokenLinks, link
from reference_tokens.lists.rows import token_row
from reference_tokens.pages.chain import chain_of
from reference_tokens.pages.events import EVENTS_SHOWN, events_of, in_words, issued_through
from reference_tokens.pages.issuing.expiry_choices import NEVER
from reference_tokens.pages.refusals import refusals_of_token
from reference_tokens.pages.token_site import asked_on_its_page
from reference_tokens.usage.history import usage_chart
from reference_tokens.usage.sources import sources_of
from reference_tokens.validation.decision import Inactive, decide
from reference_tokens.validation.reasons import why_in_words
from reference_tokens.validation.records import record_of
from trusted_apps.models import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.http import HttpResponse

    from accounts.http import SignedInRequest
    from accounts.models import User
    from reference_tokens.models import ReferenceToken, ReferenceTokenQuerySet
    from reference_tokens.pages.token_site import TokenSite


@dataclass(frozen=True, slots=True)
class ScopeInWords:
    """A scope of the token, what it lets it do, and whether its application still offers it (POL-7)."""

    name: str
    description: str
    is_effective: bool


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done with the token, by a link to what asks first."""

    label: str
    url: str
    icon: str
    is_dangerous: bool = False
    opens_dialog: bool = True


def with_everything(tokens: ReferenceTokenQuerySet) -> ReferenceTokenQuerySet:
    """The tokens, each with what its page shows of other tables."""
    return tokens.select_related(
        "application__system_user",
        "holder",
        "issuer",
        "revoked_by",
        "suspended_by",
        "use__last_used_server",
        "replaced_by",
        "leak_report",
    )


def show_token(  # noqa: PLR0913 - which token, what may be done with it, and where the page leads back to
    request: SignedInRequest,
    pages: TokenSite,
    token: ReferenceToken,
    *,
    form_url: str,
    back_url: str,
    back_label: str,
    reader: User | None = None,
) -> HttpResponse:
    """The page of a token; `form_url` is that of the form that issues tokens like it, if the reader may."""
    now = timezone.now()
    head = {
        "back_url": back_url,
        "back_label": back_label,
        "actions": [
            Action(_("Check"), pages.check_url(token), "circle-check", opens_dialog=False),
            *actions_of(token, now, pages.links, form_url=form_url),
        ],
    }
    facts = token_page_context(token, request.GET, now, pages.links, reader=reader)
    return pages.site.page(request, "token_detail.html", facts | head)


def token_page_context(
    token: ReferenceToken,
    query: Mapping[str, str],
    now: datetime,
    links: TokenLinks,
    *,
    reader: User | None,
) -> dict[str, Any]:
    """What the page of a token shows; a `reader` who is no administrator sees no address of anybody else's.

    The token must come from `with_everything`. At most ten queries.
    """
    events = list(events_of(token)[: EVENTS_SHOWN + 1])
    chain, chain_is_longer = chain_of(token, now, links)
    inactive = decide(record_of(token), now).inactive
    holder = token.holder or token.application.system_user
    return {
        "token": token_row(token, now, links),
        "holder_url": link(links.user, holder.pk) if holder else "",
        "state_text": state_text(inactive),
        # Else its first badge explains why.
        "is_active": inactive is None,
        "issuer_name": token.issuer.name_beside_others if token.issuer else str(Source.COMMAND.label),
        "issued_through": issued_through(token, events),
        "scopes_in_words": scopes_in_words(token),
        "last_use": token.last_use,
        "leak_report": token.leak_report,
        "sources": sources_of(token),
        "suspension": suspension_facts(token),
        "revocation": revocation_facts(token),
        "chain": chain,
        "chain_is_longer": chain_is_longer,
        "usage": usage_chart(token, query, now),
        "refusals": refusals_of_token(token, now, links_servers=reader is None),
        "events": in_words(events[:EVENTS_SHOWN], reader),
        "events_are_more": len(events) > EVENTS_SHOWN,
        "log_url": reverse(links.log, query={"token": str(token.pk)}) if links.log else "",
    }


def state_text(inactive: Inactive | None) -> str:
    """Whether a token is good now; if not, why, in the words that its holder gets from `/api/token`."""
    return why_in_words(inactive) if inactive else _("It is active.")


def scopes_in_words(token: ReferenceToken) -> list[ScopeInWords]:
    """The scopes of the token with what they let it do: one query."""
    known = Scope.objects.in_bulk(token.scopes)
    offered = token.application.scopes
    return [ScopeInWords(name, known[name].in_words if name in known else "", name in offered) for name in token.scopes]


def suspension_facts(token: ReferenceToken) -> dict[str, Any] | None:
    """Who suspended the token, when and why."""
    if token.suspended_at is None:
        return None
    who = token.suspended_by.name_beside_others if token.suspended_by else token.get_suspension_source_display()
    return {"at": token.suspended_at, "who": who, "reason": token.why_suspended.in_words()}


def revocation_facts(token: ReferenceToken) -> dict[str, Any] | None:
    """Who revoked the token, when and why."""
    if token.revoked_at is None:
        return None
    who = token.revoked_by.name_beside_others if token.revoked_by else token.get_revocation_source_display()
    return {"at": token.revoked_at, "who": who, "reason": token.why_revoked.in_words()}


def actions_of(token: ReferenceToken, now: datetime, links: TokenLinks, *, form_url: str) -> list[Action]:
    """What can be done with the token; `form_url` is that of the form that issues tokens like it, if the reader may."""
    state = token.state(now)
    rename = Action(_("Rename"), link(links.rename, token.pk), "pencil", opens_dialog=False)
    if state in ENDED_STATES:
        # A replaced token lives on under another value.
        may_be_created = form_url and token.successor is None
        return [create_again(token, form_url), rename] if may_be_created else [rename]
    row = token_row(token, now, links)
    suspends = state != token.State.SUSPENDED
    offered = [
        # The new value is shown once, beside no list: on a page of its own.
        Action(_("Rotate"), row.rotate_url, "refresh", opens_dialog=False),
        Action(_("Suspend"), link(links.suspend, token.pk), "player-pause")
        if suspends
        else Action(_("Resume"), link(links.resume, token.pk), "player-play"),
        Action(_("End now"), row.end_url, "x", is_dangerous=True),
        Action(_("Revoke"), "" if row.end_url else row.revoke_url, "trash", is_dangerous=True),
    ]
    return [rename, *(replace(action, url=asked_on_its_page(action.url)) for action in offered if action.url)]


def create_again(token: ReferenceToken, form_url: str) -> Action:
    """The form that issues a token, filled in with the settings of this one; it says what it has to leave out."""
    wanted = [
        ("application", token.application.application_uri),
        *(("scopes", scope) for scope in token.scopes),
        ("expires", length_of_life(token)),
        ("description", token.description),
    ]
    url = f"{form_url}?{urlencode([(name, value) for name, value in wanted if value])}"
    return Action(_("Create again"), url, "plus", opens_dialog=False)


def length_of_life(token: ReferenceToken) -> str:
    """How long the token was to live, as a link to the form asks for it: whole days, one at least, or "never"."""
    if token.expires_at is None:
        return NEVER
    return str(max(round((token.expires_at - token.issued_at) / timedelta(days=1)), 1))
