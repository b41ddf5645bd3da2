"""Revoking or suspending many tokens at once: which they are is shown first, and confirmed by their number."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.forms.fingerprints import SetChanged, change_in_count, fingerprint
from accounts.forms.resumed_form import is_resumed, resumed_values
from accounts.http import SignedInRequest, actor_of
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from accounts.text.free_text import WordField
from accounts.text.numbers import grouped_number
from instance_manager.addresses import inventory_url
from instance_manager.pages import page
from instance_manager.tokens.forms import ReasonForm
from instance_manager.tokens.lists import inventory_filter_form
from instance_manager.tokens.owner_counts import owner_count_row
from reference_tokens.lifecycle.old_values import old_values_of, together
from reference_tokens.lifecycle.revocation import revoke_tokens
from reference_tokens.lifecycle.selection import SHOWN_AT_MOST, counts_by_application, token_group
from reference_tokens.lifecycle.suspension import suspend_tokens
from reference_tokens.lists.filters import narrowed
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.old_values import (
    ACTED_ON,
    REVOKE_THEM,
    REVOKED_TOO,
    SUSPEND_THEM,
    SUSPENDED_TOO,
    list_context,
    outcome_text,
)

if TYPE_CHECKING:
    from datetime import datetime

    from reference_tokens.lifecycle.selection import TokenGroup
    from reference_tokens.models import ReferenceTokenQuerySet

# Says that every token is meant which the filters of the address leave, not only those that are ticked.
MATCHING = "matching"


@dataclass(frozen=True, slots=True)
class Act:
    """What is done to many tokens, and its words."""

    apply: Callable[..., int]
    old_values: Callable[[ReferenceTokenQuerySet, datetime], ReferenceTokenQuerySet]
    old_values_label: Promise
    old_values_done: Promise
    heading: Promise
    text: Promise
    submit: Promise
    done: Promise
    nothing: Promise


@dataclass(frozen=True, slots=True)
class Selection:
    """The tokens that are chosen, by what, for the record, how a form says it again, and the list they stand in."""

    tokens: ReferenceTokenQuerySet
    chosen_by: dict[str, Any]
    fields: list[tuple[str, str]]
    list_url: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What is counted and shown of a selection: its tokens, and the old values that live on beside them."""

    selection: Selection
    group: TokenGroup
    old_values: ReferenceTokenQuerySet
    old_ids: list[uuid.UUID]

    @property
    def seen(self) -> str:
        """What stands for all of it."""
        return fingerprint([*self.group.ids, *self.old_ids])


REVOKE = Act(
    revoke_tokens,
    old_values_of,
    REVOKE_THEM,
    REVOKED_TOO,
    heading=_lazy("Revoke %(count)s?"),
    text=_lazy("What uses them stops working at once. This cannot be undone."),
    submit=_lazy("Revoke %(count)s"),
    done=_lazy("%(count)s revoked."),
    nothing=_lazy("None of the chosen tokens is left to be revoked."),
)
SUSPEND = Act(
    suspend_tokens,
    lambda tokens, now: old_values_of(tokens, now).filter(suspended_at=None),
    SUSPEND_THEM,
    SUSPENDED_TOO,
    heading=_lazy("Suspend %(count)s?"),
    text=_lazy("What uses them fails at once, until an administrator resumes each of them."),
    submit=_lazy("Suspend %(count)s"),
    done=_lazy("%(count)s suspended."),
    nothing=_lazy("None of the chosen tokens is left to be suspended."),
)


class ConfirmForm(ReasonForm):
    """The number of tokens, typed by whoever has read it, and the reason."""

    number = WordField(
        label=_lazy("Number of tokens"),
        error_messages={"required": _lazy("Type the number of tokens.")},
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    field_order = ("number", "reason")

    def __init__(self, data: QueryDict | None, *, count: int, typed: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=typed)
        self.count = count
        self.fields["number"].help_text = _("Type %(number)s to confirm.") % {"number": grouped_number(count)}

    def clean_number(self) -> str:
        """The number itself, however its digits are grouped."""
        typed = str(self.cleaned_data["number"])
        if "".join(filter(str.isdigit, typed)) != str(self.count):
            raise forms.ValidationError(
                _("Type %(number)s, the number of tokens."), params={"number": grouped_number(self.count)}
            )
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
    """The question, or its answer."""
    now = timezone.now()
    selection = selection_of(request.POST if request.method == "POST" else request.GET, possible, now)
    if selection is None:
        messages.warning(request, _("Tick the tokens first, or choose all that match the filters."))
        return HttpResponseRedirect(inventory_url())
    group = token_group(selection.tokens, with_ids=True)
    if not group.count:
        messages.warning(request, str(act.nothing))
        return HttpResponseRedirect(selection.list_url)
    old_values = act.old_values(selection.tokens, now)
    shown = Shown(selection, group, old_values, list(old_values.values_list("pk", flat=True)))
    if request.method != "POST":
        typed = resumed_values(request, ConfirmForm)
        is_ticked = not is_resumed(request) or ACTED_ON in request.GET
        form = ConfirmForm(None, count=group.count, typed=typed)
        return question(request, act, shown, form, is_ticked=is_ticked)
    return answer(request, act, shown)


def answer(request: SignedInRequest, act: Act, shown: Shown) -> HttpResponse:
    """Do it, where its number was typed and the tokens are those that were shown; else ask again."""
    selection, group, old_ids = shown.selection, shown.group, shown.old_ids
    form, is_ticked = ConfirmForm(request.POST, count=group.count), ACTED_ON in request.POST
    if request.POST.get("seen") != shown.seen:
        return ask_again(request, selection, change_in_count(request.POST.get("seen", ""), shown.seen))
    if not form.is_valid():
        return question(request, act, shown, form, is_ticked=is_ticked)
    meant, chosen_by, acts_on_old = selection.tokens, selection.chosen_by, is_ticked and bool(old_ids)
    if acts_on_old:
        meant, chosen_by = together(meant, shown.old_values), chosen_by | {"with_old_values": len(old_ids)}
    try:
        act.apply(
            actor=actor_of(request, Source.MANAGE),
            tokens=meant,
            chosen_by=chosen_by,
            now=timezone.now(),
            reason=form.cleaned_data["reason"],
            shown=shown.seen if acts_on_old else fingerprint(group.ids),
        )
    except SetChanged:
        return ask_again(request, selection)
    done, left = (len(old_ids), 0) if is_ticked else (0, len(old_ids))
    text = act.done % {"count": token_count_text(group.count)} + outcome_text(done, left, act.old_values_done)
    messages.success(request, text)
    return HttpResponseRedirect(selection.list_url)


def question(request: SignedInRequest, act: Act, shown: Shown, form: ConfirmForm, *, is_ticked: bool) -> HttpResponse:
    """What an administrator needs to know before they act on many tokens."""
    selection, count = shown.selection, {"count": token_count_text(form.count)}
    context = {
        "form": form,
        "hidden_fields": [{"name": name, "value": value} for name, value in selection.fields],
        "seen": shown.seen,
        "heading": act.heading % count,
        "text": act.text,
        "applications": counts_by_application(selection.tokens, form.count),
        "owners": [owner_count_row(owner, inventory_url()) for owner in shown.group.owners],
        "old_values": old_values_context(act, shown, is_ticked=is_ticked),
        "submit_label": act.submit % count,
        "submit_url": request.path,
        "cancel_url": selection.list_url,
    }
    return page(request, "instance_manager/token_many.html", context, status=422 if form.errors else 200)


def old_values_context(act: Act, shown: Shown, *, is_ticked: bool) -> dict[str, Any]:
    """The old values that live on beside the tokens; those that end first are named."""
    if not shown.old_ids:
        return {}
    named = shown.old_values.select_related("application").order_by("expires_at", "pk")[:SHOWN_AT_MOST]
    return list_context(list(named), len(shown.old_ids), act.old_values_label, is_ticked=is_ticked)


def ask_again(request: SignedInRequest, selection: Selection, how: str = "") -> HttpResponse:
    """Show the question anew, with what is chosen now, and say how that differs."""
    text = _("Nothing was done: these are other tokens than those you were asked about.") + how
    messages.warning(request, f"{text} {_('Look again, and type their number.')}")
    return HttpResponseRedirect(f"{request.path}?{urlencode(selection.fields)}")


def selection_of(query: QueryDict, possible: ReferenceTokenQuerySet, now: datetime) -> Selection | None:
    """What an address or a form chooses: the ticked tokens, or all that match its filters; None where nothing."""
    form = inventory_filter_form(query)
    ids = [token_id for token_id in map(read_id, query.getlist("token")) if token_id]
    if form.errors or not (ids or MATCHING in query):
        return None
    filters = form.filters
    fields, list_url = list(filters.parameters.items()), inventory_url() + filters.url()
    if MATCHING in query:
        tokens = narrowed(possible, filters, now)
        return Selection(tokens, filters.for_record, [*fields, (MATCHING, "1")], list_url)
    fields += [("token", str(pk)) for pk in ids]
    return Selection(possible.filter(pk__in=ids), {"tokens": [str(pk) for pk in ids]}, fields, list_url)


def read_id(text: str) -> uuid.UUID | None:
    """The id; None where it is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def token_count_text(count: int) -> str:
    """So many tokens."""
    return ngettext("%(count)s token", "%(count)s tokens", count) % {"count": grouped_number(count)}
