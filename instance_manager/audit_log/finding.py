"""Finding what happened to the token that somebody holds in their hands."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from accounts.sign_in.decorators import administrator_required
from instance_manager.addresses import audit_log_url
from instance_manager.pages import MANAGE
from reference_tokens.validation.validate import token_id_of


class UnshownInput(forms.PasswordInput):
    """A line of text that no answer shows again."""

    input_type = "text"


class FindForm(forms.Form):
    """Finds the one token of a value, which is sent in the body of a form and never shown again."""

    # Named so that no address ever carries it (`accounts.forms.resumed_form`).
    secret = forms.CharField(
        label=gettext_lazy("Token"),
        max_length=200,
        widget=UnshownInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("The whole token, as it was found. It is looked up by its digest and written nowhere."),
    )

    @sensitive_variables()
    def clean_secret(self) -> str:
        """The id of the token with this value."""
        token_id = token_id_of(self.cleaned_data["secret"])
        if token_id is None:
            raise forms.ValidationError(_("No token of this instance has this value."))
        return str(token_id)


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
def log_find(request: SignedInRequest) -> HttpResponse:
    """Ask for a token's value, and lead to the entries about it: the address has its id alone."""
    form = FindForm(request.POST if request.method == "POST" else None)
    url = audit_log_url()
    if form.is_valid():
        return redirect(audit_log_url(token=form.cleaned_data["secret"]))
    context = {
        "form": form,
        "title": _("Find the entries about a token"),
        "lead": _("Read who issued a token that was found in the wrong place, and what happened to it since."),
        "submit_label": _("Find entries"),
        "back_url": url,
        "back_label": _("Audit log"),
        "cancel_url": url,
    }
    return MANAGE.page(request, "instance_manager/log_find.html", context, status=422 if form.errors else 200)
