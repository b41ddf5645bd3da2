"""Issuing a token with a form, on both sites: the form, the one answer that shows the value, and a second sending."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from accounts.forms.resumed_form import REPLACES, REQUEST_KEY
from accounts.forms.submission import add_refusal
from reference_tokens.lifecycle.issuance import AlreadyIssued, IssuingRefused
from reference_tokens.lifecycle.rotation import RotationRefused, end_of
from reference_tokens.lists.rows import token_row
from reference_tokens.pages.help.links import answer_to, group_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from django.http import HttpResponse, QueryDict

    from accounts.http import SignedInRequest
    from reference_tokens.lifecycle.issuance import IssuedToken, TokenRequest
    from reference_tokens.models import ReferenceToken
    from reference_tokens.pages.issuing.forms import TokenForm
    from reference_tokens.pages.token_site import TokenSite

# The fields of a form that issues or rotates which a second sending carries on.
CARRIED_FIELDS = ("description", "application", "expires", "expires_at", "scopes", "overlap")


def show_token_form(  # noqa: PLR0913 - the form, and what its page says around it
    request: SignedInRequest,
    pages: TokenSite,
    form: TokenForm,
    *,
    heading: str,
    lead: str,
    submit_url: str,
    cancel_url: str,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """The form that issues a token; or with `no_application` why there is nothing to choose."""
    words = {"heading": heading, "lead": lead, "submit_url": submit_url, "cancel_url": cancel_url}
    shown = {"form": form, **words, **context}
    return pages.site.part(request, "partials/token_form.html", shown, status=status)


def no_application(obstacle: Mapping[str, str], **title: str) -> dict[str, dict[str, str]]:
    """What the form says in place of its fields where no token can be issued; nothing where one can."""
    if not obstacle:
        return {}
    said = {
        "text": obstacle["reason"],
        "url": obstacle.get("reason_url", ""),
        "link_label": obstacle.get("reason_link_label", ""),
        "help_url": obstacle["help_url"],
    }
    return {"no_application": said | title}


@sensitive_variables("issued")
def issue_as_asked(  # noqa: PLR0913 - who asks where, for what, and how the form is shown again
    request: SignedInRequest,
    pages: TokenSite,
    form: TokenForm,
    issue: Callable[..., IssuedToken],
    *,
    show_form_again: Callable[..., HttpResponse],
    now: datetime,
) -> HttpResponse:
    """Issue what a valid form asks for, and show it this once."""
    try:
        issued = issue(actor=pages.actor(request), token_request=token_request_of(form, request.POST), now=now)
    except AlreadyIssued as already:
        return show_already_issued(request, pages, already.token, now, pages.urls(request, already.token))
    except (IssuingRefused, ValidationError) as refused:
        add_refusal(form, as_validation_error(refused))
        return show_form_again(status=422)
    return show_issued(request, pages, issued, now, done_url=pages.list_url(issued.token))


def token_request_of(form: TokenForm, sent: QueryDict) -> TokenRequest:
    """What the form asks for; "Revoke it and create again" also that the token which nobody saw is revoked first."""
    return replace(form.token_request(), replaces_not_seen=REPLACES in sent)


def as_validation_error(refused: IssuingRefused | RotationRefused | ValidationError) -> ValidationError:
    """Why nothing was issued, for the form."""
    if isinstance(refused, ValidationError):
        return refused
    reason = refused.obstacle if isinstance(refused, IssuingRefused) else refused.reason
    return ValidationError(str(refused), code=answer_to(group_of(reason), reason))


@sensitive_variables("issued", "context")
def show_issued(
    request: SignedInRequest, pages: TokenSite, issued: IssuedToken, now: datetime, *, done_url: str
) -> HttpResponse:
    """The one answer that holds the token's value (TOK-3)."""
    token = issued.token
    context = {
        "token": token_row(token, now),
        "plaintext": issued.plaintext,
        "curl_command": f'curl -H "Authorization: Bearer {issued.plaintext}" {settings.BASE_URL}/api/token',
        "env_line": f"REFERENCE_TOKEN={issued.plaintext}",
        "done_url": done_url,
        "previous": replaced_value(token),
    }
    title = _("Token rotated") if token.replaces else _("Token created")
    section = pages.section(request, token, now, new_id=token.pk)
    return pages.site.part(request, "partials/token_shown_once.html", context, title=title, section=section)


def replaced_value(token: ReferenceToken) -> dict[str, Any] | None:
    """What becomes of the old value that a rotation has replaced, and when that ends; None: at once."""
    old = token.replaces
    return {"hint": old.hint, "ends_at": None if old.revoked_at else end_of(old)} if old else None


def show_already_issued(
    request: SignedInRequest, pages: TokenSite, token: ReferenceToken, now: datetime, urls: dict[str, str]
) -> HttpResponse:
    """The same form sent a second time: it carries its values on, to revoke the token and create another."""
    sent = request.POST
    kept = [{"name": name, "value": value} for name in CARRIED_FIELDS for value in sent.getlist(name)]
    key = {"name": REQUEST_KEY, "value": str(token.request_key)}
    hidden_fields = [*kept, key, {"name": REPLACES, "value": str(token.pk)}]
    context = {"token": token_row(token, now), "hidden_fields": hidden_fields, **urls}
    title = _("Token already created")
    return pages.site.part(request, "partials/token_already_issued.html", context, title=title)
