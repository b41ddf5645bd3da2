"""What the forms of applications and of Resource Servers share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.carried_over import was_typed_here
from trusted_apps.models import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from accounts.http import SignedInRequest

Result = TypeVar("Result")


def offer_scopes(field: forms.Field, *, kept: Iterable[str] = ()) -> None:
    """Let every scope of the instance be chosen, and those that are `kept` although the instance has them no more."""
    assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - for the type checker
    offered = {scope.name: f"{scope.name}: {scope.description}" for scope in Scope.objects.all()}
    gone = {name: _("%s: there is no such scope any more") % name for name in kept}
    field.choices = list((gone | offered).items())


def carried_over(request: SignedInRequest, form: type[forms.Form | forms.ModelForm[Any]]) -> dict[str, Any]:
    """What was typed into the form before it had to be confirmed who is typing: a box left empty is no.

    Nothing else fills in these forms: a link must not prepare what an administrator then saves.
    """
    if not was_typed_here(request):
        return {}
    query, fields = request.GET, form.base_fields
    initial: dict[str, Any] = {name: query[name] for name in fields if name in query}
    for name, field in fields.items():
        if isinstance(field, forms.BooleanField):
            initial[name] = name in query
        elif isinstance(field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField):
            initial[name] = query.getlist(name)
    return initial


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
