"""What the dialogs of both sites show of a token: shown once, issued already, and the question before a revocation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.forms.submission import in_one_text
from accounts.templatetags.interface import day, relative
from reference_tokens.lifecycle.old_values import live_chain
from reference_tokens.lifecycle.revocation import revoke_with_old_values
from reference_tokens.lists.links import link
from reference_tokens.lists.rows import token_row
from reference_tokens.pages.old_values import REVOKE_THEM, REVOKED_TOO, asked, chain_context, outcome_text

# The fields of the form that a second sending carries on.
CHOSEN = ("description", "application", "expires", "expires_at", "scopes", "overlap")
# In the address of a question: where it was asked.
BACK, DETAILS = "back", "details"

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from django.http import HttpRequest, QueryDict

    from accounts.audit.record import Actor
    from reference_tokens.lifecycle.issuance import IssuedToken, IssuingRefused, TokenRequest
    from reference_tokens.lists.links import TokenLinks
    from reference_tokens.models import ReferenceToken
    from reference_tokens.pages.forms import TokenForm


def shown_once(issued: IssuedToken, now: datetime, *, done_url: str) -> dict[str, Any]:
    """The one answer that holds the token's value (TOK-3)."""
    return {
        "token": token_row(issued.token, now),
        "plaintext": issued.plaintext,
        "curl_command": f'curl -H "Authorization: Bearer {issued.plaintext}" {settings.BASE_URL}/api/token',
        "env_line": f"REFERENCE_TOKEN={issued.plaintext}",
        "done_url": done_url,
    }


def already_issued(
    token: ReferenceToken, sent: QueryDict, now: datetime, *, submit_url: str, cancel_url: str
) -> dict[str, Any]:
    """The same form sent a second time: it carries its values on, to revoke the token and create another."""
    kept = [{"name": name, "value": value} for name in CHOSEN for value in sent.getlist(name)]
    key = {"name": "request_key", "value": str(token.request_key)}
    return {
        "token": token_row(token, now),
        "hidden_fields": [*kept, key, {"name": "replaces", "value": str(token.pk)}],
        "submit_url": submit_url,
        "cancel_url": cancel_url,
    }


def token_request_of(form: TokenForm, sent: QueryDict) -> TokenRequest:
    """What the form asks for; with "Revoke it and create again" the token that was not seen is revoked first."""
    return replace(form.token_request(), replaces_not_seen="replaces" in sent)


def asked_on_its_page(url: str) -> str:
    """The address of a question that is asked on the page of the token, and leads back there."""
    return f"{url}?{BACK}={DETAILS}"


def question_urls(request: HttpRequest, links: TokenLinks, token_id: uuid.UUID, *, list_url: str) -> dict[str, str]:
    """Where a question about a token is sent, and where it leads back to: the list, or the token's page."""
    if request.GET.get(BACK) != DETAILS:
        return {"submit_url": request.path, "cancel_url": list_url}
    return {"submit_url": asked_on_its_page(request.path), "cancel_url": link(links.detail, token_id)}


def refused_because(refused: IssuingRefused | ValidationError) -> str:
    """Why nothing was issued, as one text for the top of the form."""
    return in_one_text(refused) if isinstance(refused, ValidationError) else str(refused)


def revoked_as_asked(token: ReferenceToken, sent: QueryDict, *, actor: Actor, now: datetime, reason: str = "") -> str:
    """Revoke a token, and its old values as the form asks; returns what is said after it.

    Raises `SetChanged` as `revoke_with_old_values` does.
    """
    wanted = asked(sent)
    revoked = revoke_with_old_values(
        actor=actor, token_id=token.pk, now=now, reason=reason, with_old_values=wanted.acts, shown=wanted.seen
    )
    left = live_chain(token.pk, now).old_values
    text = _("%(name)s was revoked. What uses it fails from now on.") % {"name": token.display_name}
    return text + outcome_text(len(revoked[1:]), len(left), REVOKED_TOO)


def revocation_question(  # noqa: PLR0913 - what is asked, of what, and what was answered before
    token: ReferenceToken,
    now: datetime,
    urls: dict[str, str],
    *,
    asks_reason: bool,
    sent: QueryDict | None = None,
    has_changed: bool = False,
) -> dict[str, Any]:
    """What somebody needs to know before they revoke a token; `has_changed`: not what they were asked about."""
    chain = live_chain(token.pk, now)
    return {
        "token": token_row(token, now),
        "consequence": consequence(token),
        "asks_reason": asks_reason,
        "old_values": chain_context(chain, chain.old_values, REVOKE_THEM, sent, has_changed=has_changed),
        **urls,
    }


def consequence(token: ReferenceToken) -> str:
    """When and from where the token was last used."""
    if token.last_used_at is None:
        return _("It has not been used since it was issued on %(date)s.") % {"date": day(token.issued_at)}
    source = token.last_used_server.name if token.last_used_server else token.last_used_address
    if source:
        return _("It was used %(when)s from %(source)s; what uses it will fail at once.") % {
            "when": relative(token.last_used_at),
            "source": source,
        }
    return _("It was used %(when)s; what uses it will fail at once.") % {"when": relative(token.last_used_at)}
