"""What forms of the Instance Manager share."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.text.free_text import LineField
from trusted_apps.models import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


Result = TypeVar("Result")


def offer_scopes(field: forms.Field, *, kept: Iterable[str] = ()) -> None:
    """Let every scope of the instance be chosen, and those that are `kept` although the instance has them no more."""
    assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - for the type checker
    offered = {scope.name: f"{scope.name}: {scope.description}" for scope in Scope.objects.all()}
    gone = {name: _("%s: there is no such scope any more") % name for name in kept}
    field.choices = list((gone | offered).items())


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


class ReasonForm(forms.Form):
    """Why an administrator revokes or suspends a token."""

    reason = LineField(
        label=_("Reason"),
        max_length=200,
        required=False,
        help_text=_("The people concerned read it in their list, and it stands in the audit log."),
    )
