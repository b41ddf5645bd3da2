"""Rotating one token, and ending an old value, on both sites: what is asked, done and said (TOK-10)."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from accounts.forms.resumed_form import REPLACES
from accounts.forms.submission import add_refusal, sent
from accounts.templatetags.interface import day
from reference_tokens.lifecycle.issuance import AlreadyIssued
from reference_tokens.lifecycle.old_values import live_chain
from reference_tokens.lifecycle.rotation import (
    RotationRefused,
    end_old_value,
    family_of,
    kept_scopes,
    obstacle_to_rotating,
    renewed_expiry,
    rotate_token,
)
from reference_tokens.lists.rows import token_row, used_since_rotation
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.help.links import group_of, help_url
from reference_tokens.pages.issuing.creation import as_validation_error, show_already_issued, show_issued
from reference_tokens.pages.last_use import daily_use_since, last_use_text
from reference_tokens.pages.old_values import old_values_shown
from reference_tokens.pages.rotation_form import RotationForm, prefill_of_rotation
from reference_tokens.pages.token_site import with_its_dialogs
from reference_tokens.usage.sources import sources_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpResponse

    from accounts.audit.record import Actor
    from accounts.http import SignedInRequest
    from reference_tokens.lifecycle.issuance import IssuedToken
    from reference_tokens.pages.token_site import TokenSite


@sensitive_variables("issued")
def ask_or_rotate(request: SignedInRequest, pages: TokenSite, token_id: uuid.UUID) -> HttpResponse:
    """Ask how long the old value shall live on, or rotate the token and show the new value this once."""
    now = timezone.now()
    token = pages.token_or_404(request, token_id, kind=pages.links.rotates)
    actor, urls = pages.actor(request), pages.urls(request, token)
    prefill = prefill_of_rotation(request)
    form = RotationForm(sent(request), token=token, now=now, time_zone=request.user.time_zone, prefill=prefill)
    if not form.is_valid():
        return ask_to_rotate(request, pages, token, form, now)
    try:
        issued = rotate_as_asked(token, form, actor=actor, now=now)
    except AlreadyIssued as already:
        return show_already_issued(request, pages, already.token, now, urls)
    except (RotationRefused, ValidationError) as refused:
        add_refusal(form, as_validation_error(refused))
        return ask_to_rotate(request, pages, token, form, now)
    return show_issued(request, pages, issued, now, done_url=urls["cancel_url"])


def rotate_as_asked(token: ReferenceToken, form: RotationForm, *, actor: Actor, now: datetime) -> IssuedToken:
    """Rotate the token; or "Revoke it and create again": rotate the new value that nobody saw, which ends at once.

    The key of that follows from the form's, so that sending it twice rotates once too.
    """
    key = form.key
    if key and (unseen := unseen_token(token, form, actor)):
        again = uuid.uuid5(key, "again")
        return rotate_token(actor=actor, token_id=unseen.pk, overlap=timedelta(0), now=now, request_key=again)
    return rotate_token(actor=actor, token_id=token.pk, overlap=form.chosen_overlap, now=now, request_key=key)


def unseen_token(token: ReferenceToken, form: RotationForm, actor: Actor) -> ReferenceToken | None:
    """What the form has issued already, where it is sent again because nobody saw that; else None."""
    if REPLACES not in form.fields or not form.key:
        return None
    issued = with_its_dialogs(ReferenceToken.objects.filter(issuer=actor.user, request_key=form.key))
    return issued.filter(family=family_of(token)).first()


def ask_to_rotate(
    request: SignedInRequest, pages: TokenSite, token: ReferenceToken, form: RotationForm, now: datetime
) -> HttpResponse:
    """What somebody needs to know before they rotate a token; or why it cannot be rotated."""
    actor = pages.actor(request)
    unseen = unseen_token(token, form, actor)
    obstacle = obstacle_to_rotating(unseen or token, actor.user, now)
    kept, old = kept_scopes(token), live_chain(token.pk, now).old_values
    context = {
        "token": token_row(token, now),
        "heading": format_html(_("Rotate “{name}”"), name=format_html("<bdi>{}</bdi>", token.display_name)),
        "form": form,
        # A rotation ends none of them, at once neither.
        "old_values": old_values_shown(old, len(old)),
        "obstacle": str(obstacle.label) if obstacle else "",
        "help_url": help_url(group_of(obstacle), obstacle) if obstacle else "",
        "not_seen_hint": unseen.hint if unseen else "",
        "new_expires_at": renewed_expiry(token, now),
        "kept_scopes": kept,
        "lost_scopes": [scope for scope in token.scopes if scope not in kept],
        "uses": {"text": use_before_rotation(token), "sources": sources_of(token), "days": []},
        **pages.urls(request, token),
    }
    status = 422 if form.errors else 200
    return pages.site.part(request, "partials/token_rotate.html", context, title=_("Rotate token"), status=status)


def use_before_rotation(token: ReferenceToken) -> str:
    """What still uses the token, and what that means for a rotation."""
    if token.last_used_at is None:
        return last_use_text(token)
    return f"{last_use_text(token)} {_('Programs that use it need the new value before the old one ends.')}"


def ask_or_end(request: SignedInRequest, pages: TokenSite, replaced_id: uuid.UUID) -> HttpResponse:
    """Ask whether to end an old value that lives on, or do it."""
    now = timezone.now()
    old = pages.token_or_404(request, replaced_id, replaced_by__isnull=False)
    if request.method != "POST":
        return ask_to_end(request, pages, old, now)
    end_old_value(actor=pages.actor(request), old=old, now=now)
    text = _("The old value of %(name)s, %(hint)s, has ended. What uses it fails from now on.")
    return pages.tell(request, old, now, text % {"name": old.display_name, "hint": old.hint})


def ask_to_end(request: SignedInRequest, pages: TokenSite, old: ReferenceToken, now: datetime) -> HttpResponse:
    """What somebody needs to know before they end an old value that lives on."""
    successor = old.successor
    assert successor  # noqa: S101 - for the type checker: it was rotated
    is_used, since = used_since_rotation(old), successor.issued_at
    text = _("Anything which uses %(old)s stops working at once. This cannot be undone. %(new)s stays as it is.")
    unused_text = _("It has not been used since it was rotated on %(date)s.") % {"date": day(since)}
    uses: dict[str, Any] = {
        "is_warning": is_used,
        "sources": sources_of(old, since),
        "days": daily_use_since(old, since, now),
    }
    return pages.ask(
        request,
        old,
        now,
        heading=format_html(_("End the old value of “{name}”?"), name=format_html("<bdi>{}</bdi>", old.display_name)),
        text=text % {"old": old.hint, "new": successor.hint},
        consequence=last_use_text(old) if is_used else unused_text,
        uses=uses,
        submit_label=_("End old value"),
        keep_label=_("Keep old value"),
        is_dangerous=True,
    )
