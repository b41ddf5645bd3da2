"""Acting on many tokens at once: which they are is shown first, and confirmed by their number (MANY-1)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.forms.fingerprints import SetChanged, change_in_count, fingerprint
from accounts.forms.resumed_form import is_resumed, resumed_values
from accounts.text.numbers import grouped_number
from reference_tokens.lifecycle.old_values import with_old_values_of
from reference_tokens.lifecycle.selection import SHOWN_AT_MOST, application_counts, id_texts, read_chosen, token_group
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.confirm_form import ConfirmForm
from reference_tokens.pages.many.selection import TOGETHER, ShownSelection, selection_of
from reference_tokens.pages.old_values import OLD_VALUES, old_values_outcome, old_values_shown
from reference_tokens.pages.owner_counts import owner_count_row

if TYPE_CHECKING:
    from django.http import QueryDict

    from accounts.http import SignedInRequest
    from reference_tokens.pages.many.acts import ActOnMany
    from reference_tokens.pages.many.selection import ManySite, Selection


def ask_or_act(request: SignedInRequest, site: ManySite, act: ActOnMany) -> HttpResponse:
    """Ask whether to act on the tokens that the address chooses, as far as it is possible, or do it."""
    now = timezone.now()
    possible = act.possible(site.pages.tokens(request), now)
    selection = selection_of(site, request.POST if request.method == "POST" else request.GET, possible, now)
    if selection is None:
        return chosen_nothing(request, site)
    chosen = read_chosen(selection.tokens)
    if not chosen.ids:
        messages.warning(request, str(act.nothing))
        return HttpResponseRedirect(selection.list_url)
    old_values = act.old_values.of(selection.tokens, now) if act.old_values else ReferenceToken.objects.none()
    shown = ShownSelection(selection, chosen, token_group(chosen.owners), old_values, id_texts(old_values))
    if request.method == "POST":
        return act_on_selection(request, site, act, shown)
    is_ticked = not is_resumed(request) or OLD_VALUES in request.GET
    form = confirm_form(site, act, shown, None, resumed_values(request, ConfirmForm))
    return ask_about_selection(request, site, act, shown, form, is_ticked=is_ticked)


def chosen_nothing(request: SignedInRequest, site: ManySite) -> HttpResponse:
    """Back to the list, where there is something to be chosen."""
    messages.warning(request, _("Select tokens first, or all that match the filters."))
    return HttpResponseRedirect(site.list_url())


def act_on_selection(request: SignedInRequest, site: ManySite, act: ActOnMany, shown: ShownSelection) -> HttpResponse:
    """Act, where the number was typed and the tokens are those that were shown; else ask again."""
    form, is_ticked = confirm_form(site, act, shown, request.POST), OLD_VALUES in request.POST
    if request.POST.get("seen") != shown.seen:
        return ask_again(request, act, shown, change_in_count(request.POST.get("seen", ""), shown.seen))
    if not form.is_valid():
        return ask_about_selection(request, site, act, shown, form, is_ticked=is_ticked)
    batch = {"batch_id": uuid.uuid4()} if act.can_be_undone else {}
    reason = {"reason": form.cleaned_data["reason"]} if "reason" in form.cleaned_data else {}
    try:
        act.apply(
            actor=site.pages.actor(request),
            now=timezone.now(),
            **acted_on(shown, with_old_values=is_ticked),
            **reason,
            **batch,
        )
    except SetChanged:
        return ask_again(request, act, shown)
    text = done_text(act, shown, with_old_values=is_ticked)
    messages.success(request, with_undo(text, site, **batch))
    return HttpResponseRedirect(shown.selection.list_url)


def acted_on(shown: ShownSelection, *, with_old_values: bool) -> dict[str, Any]:
    """The tokens that are acted on, what chose them, and the fingerprint of what was shown of them."""
    selection, old_ids = shown.selection, shown.old_ids
    if not old_ids:
        return {"tokens": selection.tokens, "chosen_by": selection.chosen_by, "shown": shown.seen}
    if not with_old_values:
        alone = fingerprint(shown.chosen.ids)
        return {"tokens": selection.tokens, "chosen_by": selection.chosen_by, "shown": alone}
    return {
        "tokens": with_old_values_of(selection.tokens, shown.old_values),
        "chosen_by": selection.chosen_by | {"with_old_values": len(old_ids)},
        "shown": shown.seen,
    }


def done_text(act: ActOnMany, shown: ShownSelection, *, with_old_values: bool) -> str:
    """What was done, with numbers."""
    done = str(act.done % words_of(act, shown.group.count))
    if act.old_values is None:
        return done
    old = len(shown.old_ids)
    return done + old_values_outcome(*((old, 0) if with_old_values else (0, old)), act.old_values.done)


def with_undo(text: str, site: ManySite, batch_id: uuid.UUID | None = None) -> str:
    """The text, with a link that takes back what was done, where that can be."""
    if batch_id is None:
        return text
    url = f"{reverse(site.resume)}?{TOGETHER}={batch_id}"
    return format_html('{} <a href="{}">{}</a>', text, url, _("Resume them together"))


def ask_about_selection(  # noqa: PLR0913 - what is done to which tokens, and what was typed
    request: SignedInRequest,
    site: ManySite,
    act: ActOnMany,
    shown: ShownSelection,
    form: ConfirmForm,
    *,
    is_ticked: bool,
) -> HttpResponse:
    """What somebody needs to know before they act on many tokens."""
    selection, words = shown.selection, words_of(act, form.count)
    owners = [] if site.is_of_one_owner else shown.group.owners
    context = {
        "form": form,
        "hidden_fields": [{"name": name, "value": value} for name, value in fields_of(act, selection)],
        "seen": shown.seen,
        "heading": act.heading % words,
        "text": act.text % words,
        "applications": application_counts(shown.chosen.applications),
        "owners": [owner_count_row(owner, site.list_url()) for owner in owners],
        "old_values": old_values_of_selection(act, shown, is_ticked=is_ticked),
        "submit_label": act.submit % words,
        "is_dangerous": act.is_dangerous,
        "keep_label": ngettext("Keep it as it is", "Keep them as they are", form.count),
        "submit_url": request.path,
        "cancel_url": selection.list_url,
    }
    return site.pages.site.page(request, "token_many.html", context, status=422 if form.errors else 200)


def confirm_form(
    site: ManySite,
    act: ActOnMany,
    shown: ShownSelection,
    sent: QueryDict | None,
    typed: dict[str, Any] | None = None,
) -> ConfirmForm:
    """The form in which the number of these tokens is typed."""
    asks_reason = act.asks_reason and not site.is_of_one_owner
    return ConfirmForm(sent, count=shown.group.count, asks_reason=asks_reason, typed=typed)


def old_values_of_selection(act: ActOnMany, shown: ShownSelection, *, is_ticked: bool) -> dict[str, Any]:
    """The old values that live on beside the tokens; those that end first are named."""
    if not (act.old_values and shown.old_ids):
        return {}
    # What they are found by is much, and is not joined with their rows as well.
    order = ("expires_at", "pk")
    few = list(shown.old_values.order_by(*order).values_list("pk", flat=True)[:SHOWN_AT_MOST])
    named = ReferenceToken.objects.filter(pk__in=few).select_related("application").order_by(*order)
    return old_values_shown(list(named), len(shown.old_ids), act.old_values.label, is_ticked=is_ticked)


def ask_again(
    request: SignedInRequest, act: ActOnMany, shown: ShownSelection, how_they_differ: str = ""
) -> HttpResponse:
    """Show the question anew, with the tokens that are chosen now, and say how these differ from those before."""
    text = _("Nothing was done: the tokens have changed.") + how_they_differ
    messages.warning(request, f"{text} {_('Check them again, and type their number.')}")
    return HttpResponseRedirect(f"{request.path}?{urlencode(fields_of(act, shown.selection))}")


def fields_of(act: ActOnMany, selection: Selection) -> list[tuple[str, str]]:
    """What the form of a question carries, or the address that asks it again."""
    return [*selection.fields, *act.fields.items()]


def words_of(act: ActOnMany, count: int) -> dict[str, Any]:
    """What the words of an act name."""
    tokens = ngettext("%(count)s token", "%(count)s tokens", count) % {"count": grouped_number(count)}
    return {"count": count, "tokens": tokens, **act.words}
