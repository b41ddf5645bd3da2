"""Acting on what a valid form holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.core.exceptions import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django import forms

Result = TypeVar("Result")


def result_of(form: forms.BaseForm, act: Callable[..., Result]) -> Result | None:
    """What `act` returns, given what a valid form holds; None where the form or the act refuses, as the form then says.

    The act sees more than the form: somebody else may have taken a name since the form was checked.
    """
    if not form.is_valid():
        return None
    try:
        return act(**form.cleaned_data)
    except ValidationError as error:
        form.add_error(None, error)
        return None
