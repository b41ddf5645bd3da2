"""Tokens: every one of the instance."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from accounts.sign_in.decorators import administrator_required
from instance_manager.addresses import inventory_url
from instance_manager.pages import MANAGE
from instance_manager.tokens.lists import inventory_filter_form, inventory_section
from reference_tokens.lists.filtering.counts import counted_choices
from reference_tokens.lists.filtering.offered import links_found
from reference_tokens.lists.search import without_token_in_search
from reference_tokens.models import ReferenceToken
from reference_tokens.validation.validate import token_id_of
from trusted_apps.models import TrustedApplication


class UnshownInput(forms.PasswordInput):
    """A line of text that no answer shows again."""

    input_type = "text"


class FindForm(forms.Form):
    """Finds the one token of a value, which is sent in the body of a form and never shown again."""

    # Named so that no address ever carries it (`accounts.forms.resumed_form`).
    secret = forms.CharField(
        label=_lazy("Token"),
        max_length=200,
        widget=UnshownInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_lazy("The whole token, as it was found. It is looked up by its digest and written nowhere."),
    )

    @sensitive_variables()
    def clean_secret(self) -> str:
        """The id of the token with this value."""
        token_id = token_id_of(self.cleaned_data["secret"])
        if token_id is None:
            raise forms.ValidationError(_("No token of this instance has this value."))
        return str(token_id)


@require_safe
@without_token_in_search
@administrator_required
def inventory(request: SignedInRequest) -> HttpResponse:
    """Every token of the instance."""
    context = inventory_section(request.user, request.GET, timezone.now())
    fields = context["filters"].filters.hidden_fields
    context["export"] = {"url": reverse("manage:token_export"), "fields": fields}
    return MANAGE.page(request, "instance_manager/inventory.html", context)


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
def token_find(request: SignedInRequest) -> HttpResponse:
    """Ask for a token's value, and lead to what is known of it."""
    form = FindForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return redirect("manage:token_detail", form.cleaned_data["secret"])
    context = {"form": form, "back_url": inventory_url(), "back_label": _("Tokens"), "cancel_url": inventory_url()}
    return MANAGE.page(request, "instance_manager/token_find.html", context, status=422 if form.errors else 200)


@require_safe
@administrator_required
@without_token_in_search
def application_choices(request: SignedInRequest) -> HttpResponse:
    """The applications that the words find, as the filter of a list offers them: twenty at the most."""
    filters = inventory_filter_form(request.GET).filters
    links = links_found(TrustedApplication.objects.all(), request.GET.get("application", ""), filters)
    return MANAGE.page(request, "partials/filter_links_answer.html", links._asdict())


@require_safe
@administrator_required
@without_token_in_search
def token_counts(request: SignedInRequest) -> HttpResponse:
    """How many tokens of the instance each choice of the filters finds."""
    form = inventory_filter_form(request.GET)
    counts = counted_choices(ReferenceToken.objects.all(), form, timezone.now())
    return MANAGE.page(request, "partials/filter_counts.html", {"counts": counts})
