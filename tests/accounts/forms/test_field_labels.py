"""What the label of a field says beside its name."""

from __future__ import annotations

import pytest
from django import forms
from django.db.models import Q

from accounts.forms.choosing import Chooser, ChosenOneField
from accounts.models import User

pytestmark = pytest.mark.once


def holder(none_label: str) -> ChosenOneField:
    """A choice of one user, or of none by this name."""
    widget = Chooser(
        columns=("username",), search_label="Find", url="/", pattern="", is_single=True, none_label=none_label
    )
    return ChosenOneField(rows=User.objects.all(), condition=Q(), widget=widget, label="Holder", required=False)


def is_called_optional(field: forms.Field) -> bool:
    """Whether the label of the field says so."""

    class OneForm(forms.Form):
        one = field

    return "optional" in OneForm()["one"].as_field_group()


@pytest.mark.parametrize(
    "field",
    [
        forms.CharField(required=False),
        forms.MultipleChoiceField(choices=[("1", "One")], widget=forms.CheckboxSelectMultiple, required=False),
    ],
)
def test_a_field_that_may_stay_empty_is_called_optional(field: forms.Field) -> None:
    assert is_called_optional(field)


def test_a_choice_whose_answers_hold_none_is_not_called_optional(db: None) -> None:
    assert not is_called_optional(forms.ChoiceField(choices=[("", "Any"), ("1", "One")], required=False))
    assert not is_called_optional(holder("No holder"))
    assert is_called_optional(holder(""))
