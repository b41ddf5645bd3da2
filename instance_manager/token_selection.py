"""Revoking or suspending many tokens at once: which they are is asked and shown first, and confirmed by their number."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.audit import Source
from accounts.decorators import administrator_required, recent_sign_in_required
from accounts.http import SignedInRequest, actor_of
from instance_manager.forms import ReasonForm
from instance_manager.pages import page
from instance_manager.policy_impact import line
from instance_manager.token_lists import INVENTORY_URL, inventory_filters
from reference_tokens.models import ReferenceToken
from reference_tokens.revocation import revoke_tokens
from reference_tokens.suspension import suspend_tokens
from reference_tokens.token_set import SetChanged, by_application, fingerprint, group_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import QueryDict

    from reference_tokens.models import ReferenceTokenQuerySet

# Says that every token is meant which the filters of the address leave, not only those that are ticked.
MATCHING = "matching"


@dataclass(frozen=True, slots=True)
class Act:
    """What is done to many tokens, and its words."""

    apply: Callable[..., int]
    heading: Promise
    text: Promise
    submit: Promise
    done: Promise
    nothing: Promise


@dataclass(frozen=True, slots=True)
class Selection:
    """The tokens that an address chooses, how it does in words for the record, and the list they were chosen from."""

    tokens: ReferenceTokenQuerySet
    chosen_by: dict[str, Any]
    list_url: str


REVOKE = Act(
    revoke_tokens,
    heading=_lazy("Revoke %(count)s?"),
    text=_lazy("What uses them stops working at once. This cannot be undone."),
    submit=_lazy("Revoke %(count)s"),
    done=_lazy("%(count)s revoked."),
    nothing=_lazy("None of the chosen tokens is left to be revoked."),
)
SUSPEND = Act(
    suspend_tokens,
    heading=_lazy("Suspend %(count)s?"),
    text=_lazy("What uses them fails at once, until an administrator resumes each of them."),
    submit=_lazy("Suspend %(count)s"),
    done=_lazy("%(count)s suspended."),
    nothing=_lazy("None of the chosen tokens is left to be suspended."),
)


class ConfirmForm(ReasonForm):
    """The number of tokens, typed by whoever has read it, and the reason."""

    number = forms.CharField(
        label=_lazy("Number of tokens"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
    field_order = ("number", "reason", "seen")

    def __init__(self, data: QueryDict | None, *, count: int) -> None:
        super().__init__(data)
        self.count = count
        self.fields["number"].help_text = _("Type %(number)s to confirm.") % {"number": number(count)}

    def clean_number(self) -> str:
        """The number itself, however its digits are grouped."""
        typed = str(self.cleaned_data["number"])
        if "".join(filter(str.isdigit, typed)) != str(self.count):
            raise forms.ValidationError(_("Type %(number)s, the number of tokens."), params={"number": number(self.count)})
        return typed


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def tokens_revoke(request: SignedInRequest) -> HttpResponse:
    """Ask whether to revoke the tokens that the address chooses, or do it."""
    return act_on_many(request, REVOKE, ReferenceToken.objects.not_ended(timezone.now()))


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def tokens_suspend(request: SignedInRequest) -> HttpResponse:
    """Ask whether to suspend the tokens that the address chooses, or do it."""
    return act_on_many(request, SUSPEND, ReferenceToken.objects.in_state(ReferenceToken.State.LIVE, timezone.now()))


def act_on_many(request: SignedInRequest, act: Act, possible: ReferenceTokenQuerySet) -> HttpResponse:
    """The question, or the act where its number was typed and the tokens are still those that were shown."""
    now = timezone.now()
    selection = selection_of(request.GET, possible, now)
    if selection is None:
        messages.warning(request, _("Tick the tokens first, or choose all that match the filters."))
        return HttpResponseRedirect(INVENTORY_URL)
    group = group_of(selection.tokens)
    if not group.ids:
        messages.warning(request, act.nothing)
        return HttpResponseRedirect(selection.list_url)
    seen = fingerprint(group.ids)
    form = ConfirmForm(request.POST if request.method == "POST" else None, count=len(group.ids))
    has_changed = request.method == "POST" and request.POST.get("seen", seen) != seen
    if form.is_valid() and not has_changed:
        try:
            count = act.apply(
                actor=actor_of(request, Source.MANAGE),
                tokens=selection.tokens,
                chosen_by=selection.chosen_by,
                now=now,
                reason=form.cleaned_data["reason"],
                shown=seen,
            )
        except SetChanged:
            has_changed = True
        else:
            messages.success(request, act.done % {"count": tokens(count)})
            return HttpResponseRedirect(selection.list_url)
    if has_changed:
        return HttpResponseRedirect(f"{request.get_full_path()}&changed=1")
    question = {
        "form": form,
        "seen": seen,
        "has_changed": "changed" in request.GET,
        "heading": act.heading % {"count": tokens(len(group.ids))},
        "text": act.text,
        "applications": by_application(selection.tokens, len(group.ids)),
        "owners": [line(owner, INVENTORY_URL) for owner in group.owners],
        "submit_label": act.submit % {"count": tokens(len(group.ids))},
        "submit_url": request.get_full_path(),
        "cancel_url": selection.list_url,
    }
    return page(request, "instance_manager/token_many.html", question, status=422 if form.errors else 200)


def selection_of(query: QueryDict, possible: ReferenceTokenQuerySet, now: datetime) -> Selection | None:
    """What an address chooses: the ticked tokens, or all that match its filters; None where it chooses nothing."""
    filters = inventory_filters(query)
    if filters.errors:
        return None
    list_url = INVENTORY_URL + filters.url()
    if MATCHING in query:
        return Selection(filters.narrowed(possible, now), {"state": str(filters.chosen_state)} | filters.chosen, list_url)
    ids = [token_id for token_id in map(read_id, query.getlist("token")) if token_id]
    return Selection(possible.filter(pk__in=ids), {"tokens": [str(pk) for pk in ids]}, list_url) if ids else None


def read_id(text: str) -> uuid.UUID | None:
    """The id; None where it is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def number(count: int) -> str:
    """A number as people read it."""
    return number_format(count, force_grouping=True)


def tokens(count: int) -> str:
    """So many tokens."""
    return ngettext("%(count)s token", "%(count)s tokens", count) % {"count": number(count)}
