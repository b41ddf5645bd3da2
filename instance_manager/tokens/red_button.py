"""The red button: whose tokens are to be revoked, all at once; the next page counts them, and asks for their number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.models import Group
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.forms.choosing import ChoosingForm
from accounts.forms.resumed_form import resumed_values
from accounts.forms.submission import FormRefused, sent, submit
from accounts.models import User
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from accounts.text.case_folding import equals_text
from accounts.text.free_text import WordField
from instance_manager.choices import ApplicationField, AskingServerField
from instance_manager.pages import MANAGE
from reference_tokens.pages.many.selection import MATCHING

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpResponse

    from accounts.http import SignedInRequest
    from reference_tokens.models import ResourceServer
    from trusted_apps.models import TrustedApplication


class RevocationForm(ChoosingForm):
    """Whose tokens: what is filled in holds together, and nothing means every token."""

    owner = WordField(
        label=gettext_lazy("Owner (user name)"),
        required=False,
        max_length=150,
        help_text=gettext_lazy("A person, or a System User as which service access tokens act."),
    )
    application = ApplicationField(label=gettext_lazy("Trusted Application"), required=False)
    server = AskingServerField(
        label=gettext_lazy("Shown to a Resource Server"),
        required=False,
        help_text=gettext_lazy("The tokens of all applications that it may ask about."),
        none_label=gettext_lazy("Any"),
    )
    group = WordField(label=gettext_lazy("Group of the owner"), required=False, max_length=150)
    issued_before = forms.DateField(
        label=gettext_lazy("Issued before (UTC)"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": gettext_lazy("Enter a day as 2027-01-31.")},
    )

    def clean_owner(self) -> str:
        """The user name of somebody that there is."""
        name = str(self.cleaned_data["owner"])
        if name and not User.objects.named(name).exists():
            raise forms.ValidationError(_("There is no user of this name."))
        return name

    def clean_group(self) -> str:
        """The name of a group that there is, as it is stored."""
        name = str(self.cleaned_data["group"])
        if not name:
            return ""
        group = Group.objects.filter(equals_text("name", name)).first()
        if group is None:
            raise forms.ValidationError(_("There is no group of this name."))
        return group.name


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def revocation(request: SignedInRequest) -> HttpResponse:
    """Ask whose tokens are to be revoked, and lead to the question about them."""
    words: dict[str, Any] = {
        "heading": _("Revoke tokens"),
        "lead": _(
            "Whose tokens end now? What you fill in holds together; fill in nothing for every token of this instance. "
            "The next page counts them. Nothing is revoked before you type their number."
        ),
        "submit_label": _("Count the tokens"),
        "back_url": reverse("manage:home"),
        "back_label": _("Home"),
    }
    form = RevocationForm(sent(request), initial=resumed_values(request, RevocationForm))
    if request.method != "POST":
        return MANAGE.form(request, form, **words)
    try:
        return HttpResponseRedirect(submit(form, question_url))
    except FormRefused as refused:
        return MANAGE.form(request, form, status=refused.status, **words)


def question_url(
    *,
    owner: str,
    application: TrustedApplication | None,
    server: ResourceServer | None,
    group: str,
    issued_before: date | None,
) -> str:
    """The page that asks whether to revoke all tokens that are left."""
    chosen = {
        "owner": owner,
        "application": application.application_uri if application else "",
        "server": server.client_id if server else "",
        "group": group,
        "issued_before": issued_before.isoformat() if issued_before else "",
    }
    query = {name: value for name, value in chosen.items() if value}
    return reverse("manage:tokens_revoke", query=query | {MATCHING: "1"})
