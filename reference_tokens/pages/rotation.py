"""What the dialogs of both sites show of a rotation: the question, what comes of it, and the end of an old value."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_variables

from accounts.forms.resumed_form import REPLACES, REQUEST_KEY, is_resumed
from accounts.templatetags.interface import day, relative
from accounts.text.numbers import grouped_number
from reference_tokens.lifecycle.issuance import AlreadyIssued, IssuedToken
from reference_tokens.lifecycle.old_values import live_chain
from reference_tokens.lifecycle.rotation import (
    DEFAULT_OVERLAP,
    OVERLAPS,
    RotationRefused,
    end_after,
    end_of,
    family_of,
    kept_scopes,
    obstacle_to_rotating,
    renewed_expiry,
    rotate_token,
)
from reference_tokens.lists.rows import token_row, used_from, used_since_rotation
from reference_tokens.models import ReferenceToken, TokenSource
from reference_tokens.pages.dialogs import already_issued, shown_once
from reference_tokens.pages.expiry_choices import local_time_beside
from reference_tokens.pages.old_values import list_context
from reference_tokens.usage.history import daily_counts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.audit.record import Actor
    from accounts.http import SignedInRequest
    from reference_tokens.models import ReferenceTokenQuerySet

HOURS_IN_WORDS = 24


@dataclass(frozen=True, slots=True)
class OverlapChoice:
    """One card: how long the old value lives on, and the instant that it means, in UTC and to the viewer."""

    value: str
    label: str
    instant_text: str
    local_text: str
    checked: bool


class RotationForm(forms.Form):
    """How long the old value of a token lives on; everything else is as it was."""

    overlap = forms.ChoiceField(
        choices=[(str(int(overlap.total_seconds())), "") for overlap in OVERLAPS],
        error_messages={
            "required": _lazy("Choose how long the old value lives on."),
            "invalid_choice": _lazy("Choose one of the times that the old value may live on."),
        },
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        token: ReferenceToken,
        now: datetime,
        time_zone: str,
        asked: dict[str, Any],
    ) -> None:
        self.token, self.now, self.time_zone = token, now, time_zone
        offered = [str(int(overlap.total_seconds())) for overlap in OVERLAPS]
        overlap = asked.get("overlap")
        at_first = {"overlap": overlap if overlap in offered else str(int(DEFAULT_OVERLAP.total_seconds()))}
        super().__init__(data, initial={REQUEST_KEY: uuid.uuid4(), **asked, **at_first})
        if REPLACES in (asked if data is None else data):
            self.fields[REPLACES] = forms.CharField(widget=forms.HiddenInput, required=False)

    @property
    def overlap_choices(self) -> list[OverlapChoice]:
        """The times that the old value may live on, as cards."""
        return [self._choice(overlap) for overlap in OVERLAPS]

    @property
    def key(self) -> uuid.UUID | None:
        """What names this form; None where it was sent without, or with what is none."""
        try:
            key: uuid.UUID | None = self.fields[REQUEST_KEY].clean(self[REQUEST_KEY].value())
        except ValidationError:
            return None
        return key

    @property
    def chosen_overlap(self) -> timedelta:
        """What a valid form asks for."""
        return timedelta(seconds=int(self.cleaned_data["overlap"]))

    def _choice(self, overlap: timedelta) -> OverlapChoice:
        value = str(int(overlap.total_seconds()))
        end = end_after(self.token, overlap, self.now)
        return OverlapChoice(
            value=value,
            label=overlap_label(overlap),
            instant_text=f"{end.astimezone(UTC):%-d %b %Y, %H:%M}" if overlap else _("It ends now"),
            local_text=local_time_beside(end, self.time_zone) if overlap else "",
            checked=value == self["overlap"].value(),
        )


def overlap_label(overlap: timedelta) -> str:
    """How long the old value lives on, in words."""
    hours = int(overlap.total_seconds()) // 3_600
    if not hours:
        return _("At once")
    if hours <= HOURS_IN_WORDS:
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    return ngettext("%(count)d day", "%(count)d days", overlap.days) % {"count": overlap.days}


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a rotation: which partial shows it, with what, and the new token where there is one."""

    body: str
    context: dict[str, Any]
    status: int = 200
    new_id: uuid.UUID | None = None


def with_its_dialogs(tokens: ReferenceTokenQuerySet) -> ReferenceTokenQuerySet:
    """The tokens with all that these dialogs show of one."""
    return tokens.select_related("application__system_user", "holder", "issuer", "last_used_server", "replaced_by")


@sensitive_variables("issued")
def rotation_step(
    request: SignedInRequest, token: ReferenceToken, *, actor: Actor, urls: dict[str, str], now: datetime
) -> Step:
    """Ask how long the old value shall live on, or rotate the token and show the new value this once."""
    sent = request.POST if request.method == "POST" else None
    form = RotationForm(sent, token=token, now=now, time_zone=request.user.time_zone, asked=asked_of(request))
    if sent is None or not form.is_valid():
        return Step("rotate", question(token, form, actor, now) | urls, 200 if sent is None else 422)
    try:
        issued = rotated_as_asked(token, form, actor=actor, now=now)
    except AlreadyIssued as already:
        return Step("already_issued", already_issued(already.token, sent, now, **urls))
    except (RotationRefused, ValidationError) as refused:
        form.add_error(None, " ".join(getattr(refused, "messages", [str(refused)])))
        return Step("rotate", question(token, form, actor, now) | urls, 422)
    shown = shown_once(issued, now, done_url=urls["cancel_url"]) | {"previous": previous(issued)}
    return Step("shown_once", shown, new_id=issued.token.pk)


def asked_of(request: SignedInRequest) -> dict[str, Any]:
    """What the address asks for; what ends a value that was not seen only from the person who had sent that form."""
    asked: dict[str, Any] = {"overlap": request.GET.get("overlap", "")}
    if REPLACES in request.GET and is_resumed(request):
        asked |= {name: request.GET.get(name, "") for name in (REPLACES, REQUEST_KEY)}
    return asked


def rotated_as_asked(token: ReferenceToken, form: RotationForm, *, actor: Actor, now: datetime) -> IssuedToken:
    """Rotate the token; or "Revoke it and create again": rotate the new value that was not seen, which ends at once.

    The key of that follows from the form's, so that sending it twice rotates once too.
    """
    key = form.key
    if key and (not_seen := token_not_seen(token, form, actor)):
        again = uuid.uuid5(key, "again")
        return rotate_token(actor=actor, token_id=not_seen.pk, overlap=timedelta(0), now=now, request_key=again)
    return rotate_token(actor=actor, token_id=token.pk, overlap=form.chosen_overlap, now=now, request_key=key)


def token_not_seen(token: ReferenceToken, form: RotationForm, actor: Actor) -> ReferenceToken | None:
    """What the form has issued already, where it is sent again because nobody saw that; else None."""
    if REPLACES not in form.fields or not form.key:
        return None
    issued = with_its_dialogs(ReferenceToken.objects.filter(issuer=actor.user, request_key=form.key))
    return issued.filter(family=family_of(token)).first()


def question(token: ReferenceToken, form: RotationForm, actor: Actor, now: datetime) -> dict[str, Any]:
    """What somebody needs to know before they rotate a token; or why it cannot be rotated."""
    not_seen = token_not_seen(token, form, actor)
    obstacle = obstacle_to_rotating(not_seen or token, actor.user, now)
    kept, old = kept_scopes(token), live_chain(token.pk, now).old_values
    return {
        "token": token_row(token, now),
        "heading": format_html(_("Rotate “{name}”"), name=format_html("<bdi>{}</bdi>", token.display_name)),
        "form": form,
        # A rotation ends none of them, at once neither.
        "old_values": list_context(old, len(old)),
        "obstacle": str(obstacle.label) if obstacle else "",
        "not_seen_hint": not_seen.hint if not_seen else "",
        "new_expires_at": renewed_expiry(token, now),
        "kept_scopes": kept,
        "lost_scopes": [scope for scope in token.scopes if scope not in kept],
        "uses": {"text": use_before_rotation(token), "sources": sources(token), "days": []},
    }


def previous(issued: IssuedToken) -> dict[str, Any]:
    """What becomes of the old value, for the answer that shows the new one."""
    old = issued.token.replaces
    assert old  # noqa: S101 - for the type checker: a rotation replaces
    return {"hint": old.hint, "ends_at": None if old.revoked_at else end_of(old)}


def end_question(old: ReferenceToken, now: datetime) -> dict[str, Any]:
    """What somebody needs to know before they end an old value that lives on."""
    successor = old.successor
    assert successor  # noqa: S101 - for the type checker: it was rotated
    is_used = used_since_rotation(old)
    since = {"date": day(successor.issued_at)}
    return {
        "token": token_row(old, now),
        "heading": format_html(
            _("End the old value of “{name}”?"), name=format_html("<bdi>{}</bdi>", old.display_name)
        ),
        "text": _("Anything which uses %(old)s stops working at once. This cannot be undone. %(new)s stays as it is.")
        % {"old": old.hint, "new": successor.hint},
        "consequence": last_use(old) if is_used else _("It was not used since it was rotated on %(date)s.") % since,
        "uses": {
            "is_warning": is_used,
            "sources": sources(old, successor.issued_at),
            "days": days_since(old, successor.issued_at, now),
        },
        "submit_label": _("End old value"),
        "keep_label": _("Keep old value"),
        "is_dangerous": True,
    }


def ended_message(old: ReferenceToken) -> str:
    """What is said after the end of an old value."""
    text = _("The old value of %(name)s, %(hint)s, has ended. What uses it fails from now on.")
    return text % {"name": old.display_name, "hint": old.hint}


def use_before_rotation(token: ReferenceToken) -> str:
    """What still uses the token, and what that means for a rotation."""
    if token.last_used_at is None:
        return last_use(token)
    return f"{last_use(token)} {_('Whatever uses it needs the new value before the old one ends.')}"


def last_use(token: ReferenceToken) -> str:
    """When and from where the token was last used."""
    if token.last_used_at is None:
        return _("It has not been used since it was issued on %(date)s.") % {"date": day(token.issued_at)}
    said = {"when": relative(token.last_used_at), "source": used_from(token)}
    if said["source"]:
        return _("It was last used %(when)s from %(source)s.") % said
    return _("It was last used %(when)s.") % said


def sources(token: ReferenceToken, since: datetime | None = None) -> list[TokenSource]:
    """From where the token was last used, the latest first: five at most."""
    found = TokenSource.objects.filter(token=token).order_by("-last_used_at", "name")
    return list(found.filter(last_used_at__gt=since) if since else found)


def days_since(token: ReferenceToken, since: datetime, now: datetime) -> list[dict[str, Any]]:
    """How often the token was accepted and refused on each day (UTC) from the day of an instant on, newest first."""
    days = (now.astimezone(UTC).date() - since.astimezone(UTC).date()).days + 1
    counts = daily_counts([token.pk], now, days).get(token.pk, [])
    return [
        {"day": count.day, "accepted": grouped_number(count.accepted), "refused": grouped_number(count.refused)}
        for count in reversed(counts)
    ]
