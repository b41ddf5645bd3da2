"""Renaming a token: the form with its description, on both sites."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.forms.editing import opened_with, opening
from accounts.forms.resumed_form import resumed_values
from accounts.forms.submission import FormRefused, sent, submit
from reference_tokens.lifecycle.renaming import description_of, rename_token
from reference_tokens.lists.links import link
from reference_tokens.pages.issuing.forms import DescriptionField

if TYPE_CHECKING:
    import uuid

    from django.http import HttpResponse

    from accounts.http import SignedInRequest
    from reference_tokens.pages.token_site import TokenSite


class DescriptionForm(forms.Form):
    """What a token is called."""

    description = DescriptionField()


def ask_or_rename(request: SignedInRequest, pages: TokenSite, token_id: uuid.UUID) -> HttpResponse:
    """Ask what to call one of the site's tokens, or do it."""
    token = pages.token_or_404(request, token_id)
    url, state = link(pages.links.detail, token.pk), description_of(token)
    words: dict[str, Any] = {
        "heading": _("Rename token"),
        "submit_label": _("Save changes"),
        "back_url": url,
        "back_label": token.display_name,
    }
    form = DescriptionForm(sent(request), initial=state | resumed_values(request, DescriptionForm))
    if request.method != "POST":
        return pages.site.form(request, form, **opening(request, state), **words)
    opened, now = opened_with(request), timezone.now()
    rename = partial(rename_token, actor=pages.actor(request), token_id=token.pk, now=now, opened=opened)
    try:
        submit(form, rename)
    except FormRefused as refused:
        return pages.site.form(request, form, status=refused.status, **refused.context, **words)
    renamed = pages.token_or_404(request, token_id)
    return pages.site.tell(request, _("The token is called %(name)s.") % {"name": renamed.display_name}, url=url)
