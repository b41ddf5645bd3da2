"""Revoking or suspending many tokens at once: which they are is shown first, and confirmed by their number."""

from __future__ import annotations

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
from django.utils.translation import ngettext, ngettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.forms.fingerprints import SetChanged, change_in_count, fingerprint
from accounts.forms.resumed_form import is_resumed, resumed_values
from accounts.http import SignedInRequest, actor_of
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from accounts.text.free_text import WordField
from accounts.text.numbers import grouped_number
from instance_manager.addresses import inventory_url
from instance_manager.pages import MANAGE
from instance_manager.tokens.forms import ReasonForm
from instance_manager.tokens.owner_counts import owner_count_row
from instance_manager.tokens.selection import ShownSelection, selection_of
from reference_tokens.lifecycle.old_values import old_values_of, with_old_values_of
from reference_tokens.lifecycle.revocation import revoke_tokens
from reference_tokens.lifecycle.selection import SHOWN_AT_MOST, counted_by_owner, counts_by_application, token_group
from reference_tokens.lifecycle.suspension import suspend_tokens
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.old_values import (
    OLD_VALUES,
    REVOKE_THEM,
    REVOKED_TOO,
    SUSPEND_THEM,
    SUSPENDED_TOO,
    old_values_outcome,
    old_values_shown,
)

if TYPE_CHECKING:
    from datetime import datetime

    from instance_manager.tokens.selection import Selection
    from reference_tokens.models import ReferenceTokenQuerySet


@dataclass(frozen=True, slots=True)
class ActOnMany:
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


REVOKE = ActOnMany(
    revoke_tokens,
    old_values_of,
    REVOKE_THEM,
    REVOKED_TOO,
    heading=_lazy("Revoke %(count)s?"),
    text=ngettext_lazy(
        "What uses it stops working at once. This cannot be undone.",
        "What uses them stops working at once. This cannot be undone.",
        "count",
    ),
    submit=_lazy("Revoke %(count)s"),
    done=_lazy("%(count)s revoked."),
    nothing=_lazy("None of the chosen tokens is left to be revoked."),
)
SUSPEND = ActOnMany(
    suspend_tokens,
    lambda tokens, now: old_values_of(tokens, now).filter(suspended_at=None),
    SUSPEND_THEM,
    SUSPENDED_TOO,
    heading=_lazy("Suspend %(count)s?"),
    text=ngettext_lazy(
        "What uses it fails at once, until an administrator resumes it.",
        "What uses them fails at once, until an administrator resumes each of them.",
        "count",
    ),
    submit=_lazy("Suspend %(count)s"),
    done=_lazy("%(count)s suspended."),
    nothing=_lazy("None of the chosen tokens is left to be suspended."),
)


class ConfirmForm(ReasonForm):
    """The number of tokens, which the administrator has read and types, and the reason."""

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
    return ask_or_act(request, REVOKE, ReferenceToken.objects.not_ended(timezone.now()))


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def tokens_suspend(request: SignedInRequest) -> HttpResponse:
    """Ask whether to suspend the tokens that the address chooses, or do it."""
    return ask_or_act(request, SUSPEND, ReferenceToken.objects.in_state(ReferenceToken.State.LIVE, timezone.now()))


def ask_or_act(request: SignedInRequest, act: ActOnMany, possible: ReferenceTokenQuerySet) -> HttpResponse:
    """Ask whether to act on the chosen tokens, as far as it is possible, or do it."""
    now = timezone.now()
    selection = selection_of(request.POST if request.method == "POST" else request.GET, possible, now)
    if selection is None:
        messages.warning(request, _("Select tokens first, or all that match the filters."))
        return HttpResponseRedirect(inventory_url())
    ids = list(selection.tokens.order_by("pk").values_list("pk", flat=True))
    group = token_group(counted_by_owner(selection.tokens))
    if not group.count:
        messages.warning(request, str(act.nothing))
        return HttpResponseRedirect(selection.list_url)
    old_values = act.old_values(selection.tokens, now)
    shown = ShownSelection(selection, group, ids, old_values, list(old_values.values_list("pk", flat=True)))
    if request.method == "POST":
        return act_on_selection(request, act, shown)
    is_ticked = not is_resumed(request) or OLD_VALUES in request.GET
    form = ConfirmForm(None, count=group.count, typed=resumed_values(request, ConfirmForm))
    return ask_about_selection(request, act, shown, form, is_ticked=is_ticked)


def act_on_selection(request: SignedInRequest, act: ActOnMany, shown: ShownSelection) -> HttpResponse:
    """Act, where the number was typed and the tokens are those that were shown; else ask again."""
    selection, group, old_ids = shown.selection, shown.group, shown.old_ids
    form, is_ticked = ConfirmForm(request.POST, count=group.count), OLD_VALUES in request.POST
    if request.POST.get("seen") != shown.seen:
        return ask_again(request, selection, change_in_count(request.POST.get("seen", ""), shown.seen))
    if not form.is_valid():
        return ask_about_selection(request, act, shown, form, is_ticked=is_ticked)
    tokens, chosen_by, acts_on_old = selection.tokens, selection.chosen_by, is_ticked and bool(old_ids)
    if acts_on_old:
        tokens, chosen_by = with_old_values_of(tokens, shown.old_values), chosen_by | {"with_old_values": len(old_ids)}
    try:
        act.apply(
            actor=actor_of(request, Source.MANAGE),
            tokens=tokens,
            chosen_by=chosen_by,
            now=timezone.now(),
            reason=form.cleaned_data["reason"],
            shown=shown.seen if acts_on_old else fingerprint(shown.ids),
        )
    except SetChanged:
        return ask_again(request, selection)
    done, left = (len(old_ids), 0) if is_ticked else (0, len(old_ids))
    text = act.done % {"count": token_count_text(group.count)} + old_values_outcome(done, left, act.old_values_done)
    messages.success(request, text)
    return HttpResponseRedirect(selection.list_url)


def ask_about_selection(
    request: SignedInRequest, act: ActOnMany, shown: ShownSelection, form: ConfirmForm, *, is_ticked: bool
) -> HttpResponse:
    """What an administrator needs to know before they act on many tokens."""
    selection, count = shown.selection, {"count": token_count_text(form.count)}
    context = {
        "form": form,
        "hidden_fields": [{"name": name, "value": value} for name, value in selection.fields],
        "seen": shown.seen,
        "heading": act.heading % count,
        "text": act.text % {"count": form.count},
        "applications": counts_by_application(selection.tokens, form.count),
        "owners": [owner_count_row(owner, inventory_url()) for owner in shown.group.owners],
        "old_values": old_values_of_selection(act, shown, is_ticked=is_ticked),
        "submit_label": act.submit % count,
        "keep_label": ngettext("Keep it as it is", "Keep them as they are", form.count),
        "submit_url": request.path,
        "cancel_url": selection.list_url,
    }
    return MANAGE.page(request, "instance_manager/token_many.html", context, status=422 if form.errors else 200)


def old_values_of_selection(act: ActOnMany, shown: ShownSelection, *, is_ticked: bool) -> dict[str, Any]:
    """The old values that live on beside the tokens; those that end first are named."""
    if not shown.old_ids:
        return {}
    named = shown.old_values.select_related("application").order_by("expires_at", "pk")[:SHOWN_AT_MOST]
    return old_values_shown(list(named), len(shown.old_ids), act.old_values_label, is_ticked=is_ticked)


def ask_again(request: SignedInRequest, selection: Selection, how_they_differ: str = "") -> HttpResponse:
    """Show the question anew, with the tokens that are chosen now, and say how these differ from those before."""
    text = _("Nothing was done: the tokens have changed.") + how_they_differ
    messages.warning(request, f"{text} {_('Check them again, and type their number.')}")
    return HttpResponseRedirect(f"{request.path}?{urlencode(selection.fields)}")


def token_count_text(count: int) -> str:
    """So many tokens."""
    return ngettext("%(count)s token", "%(count)s tokens", count) % {"count": grouped_number(count)}
