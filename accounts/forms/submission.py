"""Sending a form: what it asks for is done, or the form is shown again and says what was refused."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ValidationError

from accounts.forms.choosing import status_of
from accounts.forms.editing import conflict
from accounts.forms.versions import ChangedMeanwhile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django import forms
    from django.http import HttpRequest, QueryDict

    State = dict[str, Any]
    EditedForm = forms.Form | forms.ModelForm[Any]

Result = TypeVar("Result")


class FormRefused(Exception):
    """Nothing was done. The form says why; its page is shown again with this status, and with these words beside it."""

    def __init__(self, status: int, context: dict[str, Any] | None = None) -> None:
        super().__init__(status)
        self.status, self.context = status, context or {}


def sent(request: HttpRequest) -> QueryDict | None:
    """What the form was sent with; None where it is only shown."""
    return request.POST if request.method == "POST" else None


def submit(
    form: EditedForm,
    act: Callable[..., Result],
    *,
    words: Callable[[State], Mapping[str, str]] | None = None,
    by: str = "",
) -> Result:
    """What `act` returns, given what the form holds. Raises `FormRefused` where the form or the act refuses.

    The act sees more than the form: somebody else may have taken a name, or changed the same thing, since it was
    opened. `words` are the values there are now, as people read them; `by` is who changed what no record names.
    """
    if not form.is_valid():
        raise FormRefused(status_of(form, HTTPStatus.UNPROCESSABLE_ENTITY))
    try:
        return act(**form.cleaned_data)
    except ChangedMeanwhile as changed:
        there = words(changed.state) if words else None
        raise FormRefused(HTTPStatus.CONFLICT, conflict(changed, form, words=there, by=by)) from changed
    except ValidationError as refused:
        add_refusal(form, refused)
        raise FormRefused(HTTPStatus.UNPROCESSABLE_ENTITY) from refused


def add_refusal(form: forms.BaseForm, refused: ValidationError) -> None:
    """Say in the form why a lower layer refused: at the field concerned where the form has it, else at the top."""
    if not hasattr(refused, "error_dict"):
        form.add_error(None, refused)
        return
    for name, errors in refused.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)


def in_one_text(refused: ValidationError) -> str:
    """Why a lower layer refused, where there is no form to say it in."""
    return " ".join(refused.messages)
