"""Saved filters: the links above a list, the form that saves what the list is narrowed to, and removing one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms.submission import FormRefused, sent, submit
from accounts.text.case_folding import folded
from accounts.text.free_text import LineField
from reference_tokens.lifecycle.saved_filters import save_filter
from reference_tokens.models.saved_filters import LONGEST_NAME, SavedFilter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet
    from django.http import HttpResponse

    from accounts.http import SignedInRequest
    from accounts.models import User
    from accounts.pages.site import Site
    from reference_tokens.lists.filtering.form import TokenFilterForm
    from reference_tokens.lists.finding.filters import TokenFilters


class NameForm(forms.Form):
    """What a saved filter is called."""

    name = LineField(
        label=gettext_lazy("Name"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Enter a name.")},
    )


# Its id, its name and the query of the list.
SavedRow = tuple[int, str, str]


def saved_rows(user: User, site: Site) -> QuerySet[SavedFilter, SavedRow]:
    """The filters that the person has saved for the list of the site."""
    return SavedFilter.objects.filter(user=user, site=site.name).values_list("pk", "name", "query")


def saved_filters(site: Site, rows: Iterable[SavedRow], filters: TokenFilters) -> dict[str, Any]:
    """The saved filters as links, by name, and where these filters are saved: nowhere, where they are one of them."""
    current, remove = filters.url(), f"{site.name}:filter_remove"
    links = [
        {"name": name, "url": query, "is_current": query == current, "remove_url": reverse(remove, args=[pk])}
        for pk, name, query in sorted(rows, key=lambda row: (str(folded(row[1])), row[0]))
    ]
    is_saved = any(link["is_current"] for link in links)
    return {"saved": links, "save_url": "" if is_saved else reverse(f"{site.name}:filter_save") + current}


def ask_or_save(request: SignedInRequest, site: Site, filters: TokenFilterForm, list_url: str) -> HttpResponse:
    """Ask for the name under which the filters of the address are kept, or keep them; without any, show the list."""
    chosen = filters.filters
    back = list_url + chosen.url()
    if not chosen.is_filtered:
        return HttpResponseRedirect(back)
    words: dict[str, Any] = {
        "heading": _("Save filter"),
        "lead": " · ".join(chip.text for chip in filters.chips),
        "submit_label": _("Save filter"),
        "submit_url": request.get_full_path(),
        "back_url": back,
        "back_label": _("Tokens"),
    }
    form = NameForm(sent(request))
    if request.method != "POST":
        return site.form(request, form, **words)
    try:
        submit(form, partial(save_filter, user=request.user, site=site.name, query=chosen.url()))
    except FormRefused as refused:
        return site.form(request, form, status=refused.status, **words)
    return site.tell(request, _("The filter %(name)s was saved.") % form.cleaned_data, url=back)


def ask_or_remove(request: SignedInRequest, site: Site, filter_id: int, list_url: str) -> HttpResponse:
    """Ask whether to remove one of the person's own saved filters, or do it; the list stays narrowed to it."""
    saved = get_object_or_404(SavedFilter, pk=filter_id, user=request.user, site=site.name)
    back = list_url + saved.query
    if request.method != "POST":
        return site.ask(
            request,
            heading=_("Remove the saved filter %(name)s?") % {"name": saved.name},
            lines=[_("No token is touched.")],
            submit_label=_("Remove filter"),
            keep_label=_("Keep filter"),
            cancel_url=back,
        )
    saved.delete()
    return site.tell(request, _("The filter %(name)s was removed.") % {"name": saved.name}, url=back)
