"""Shortening the life of many tokens at once: asked until when first, and then about those that live longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reference_tokens.models.lifetime import expiry_in_days
from reference_tokens.pages.issuing.forms import ExpiryInstantField
from reference_tokens.pages.many.acts import shorten_to
from reference_tokens.pages.many.selection import selection_of
from reference_tokens.pages.many.views import ask_or_act, chosen_nothing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.http import HttpResponse

    from accounts.http import SignedInRequest
    from reference_tokens.pages.many.selection import ManySite

PROPOSED_DAYS = 7


class UntilForm(forms.Form):
    """The instant at which the tokens expire that would live longer."""

    expires_at = ExpiryInstantField(
        label=gettext_lazy("Expiration Time (UTC)"),
        error_messages={"required": gettext_lazy("Enter when the tokens expire.")},
        help_text=gettext_lazy("Tokens that expire sooner stay as they are."),
    )

    def __init__(self, data: Mapping[str, Any] | None, *, now: datetime) -> None:
        super().__init__(data, initial={"expires_at": expiry_in_days(PROPOSED_DAYS, now)})
        self.now = now

    def clean_expires_at(self) -> datetime:
        """An instant to come, to the minute: so the question names it, and its form carries it."""
        expires_at: datetime = self.cleaned_data["expires_at"].replace(second=0)
        if expires_at <= self.now:
            raise forms.ValidationError(_("The expiration time has passed: choose a later one."))
        return expires_at


def ask_or_shorten(request: SignedInRequest, site: ManySite) -> HttpResponse:
    """Ask until when the chosen tokens may live, then about those that live longer; or shorten their lives."""
    now = timezone.now()
    query = request.POST if request.method == "POST" else request.GET
    form = UntilForm(query if "expires_at" in query else None, now=now)
    if form.is_valid():
        return ask_or_act(request, site, shorten_to(form.cleaned_data["expires_at"]))
    selection = selection_of(site, query, site.pages.tokens(request), now)
    if selection is None:
        return chosen_nothing(request, site)
    context = {
        "form": form,
        "heading": _("Shorten the life of the chosen tokens"),
        "lead": _("Choose when they expire. The next page says which of them would live longer."),
        "hidden_fields": [{"name": name, "value": value} for name, value in selection.fields],
        "submit_url": request.path,
        "submit_label": _("Continue"),
        "cancel_url": selection.list_url,
    }
    return site.pages.site.page(request, "token_shorten.html", context, status=422 if form.errors else 200)
