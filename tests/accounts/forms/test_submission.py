"""How a form says what a lower layer refused."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError

from accounts.forms.submission import FormRefused, in_one_text, submit

TAKEN, ODD = ValidationError("It is %(why)s.", params={"why": "taken"}), ValidationError("It is odd.")


class NameForm(forms.Form):
    """A form with one field."""

    name = forms.CharField()


@pytest.mark.parametrize(
    ("refused", "errors"),
    [
        (TAKEN, {"__all__": ["It is taken."]}),
        (ValidationError([TAKEN, ODD]), {"__all__": ["It is taken.", "It is odd."]}),
        (ValidationError({"name": TAKEN}), {"name": ["It is taken."]}),
        (ValidationError({"name": TAKEN, "uri": [ODD]}), {"name": ["It is taken."], "__all__": ["It is odd."]}),
        (ValidationError({"__all__": ODD}), {"__all__": ["It is odd."]}),
    ],
)
def test_what_is_refused_stands_at_its_field_and_else_at_the_top(
    refused: ValidationError, errors: dict[str, list[str]]
) -> None:
    def refuse(**_given: Any) -> None:
        raise refused

    form = NameForm({"name": "x"})
    with pytest.raises(FormRefused) as caught:
        submit(form, refuse)
    found: tuple[Any, ...] = (caught.value.status, caught.value.context, form.errors)
    assert found == (422, {}, errors)


def test_nothing_is_done_with_a_form_that_is_not_valid() -> None:
    with pytest.raises(FormRefused) as caught:
        submit(NameForm({}), lambda **_given: pytest.fail("it was done"))
    assert caught.value.status == 422


def test_a_refusal_is_told_in_one_text_where_there_is_no_form() -> None:
    assert in_one_text(ValidationError([TAKEN, ODD])) == "It is taken. It is odd."
