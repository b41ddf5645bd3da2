"""The page of a form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.forms.choosing import status_of
from instance_manager.pages import page

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpResponse

    from accounts.http import SignedInRequest


def form_page(
    request: SignedInRequest,
    form: forms.BaseForm,
    *,
    template: str = "instance_manager/plain_form.html",
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """The page of a form; `context` names it: heading, back_url, back_label and submit_label."""
    shown = {"form": form, "submit_url": request.path, "cancel_url": context["back_url"]} | context
    return page(request, template, shown, status=status_of(form, status))
