"""What stands above a form that cannot be taken as it was sent."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import RequestFactory

pytestmark = pytest.mark.once


class Letter(forms.Form):
    """Two fields that are filled in, and one that the page fills in."""

    subject = forms.CharField()
    text = forms.CharField()
    version = forms.CharField(widget=forms.HiddenInput)

    def clean(self) -> Any:
        if self.cleaned_data.get("text") == "sent already":
            raise forms.ValidationError("This letter was sent already.")


def summary(**fields: str) -> str:
    """The words above the form."""
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    return render_to_string("partials/error_summary.html", {"form": Letter(fields)}, request)


def test_it_counts_the_fields_to_be_corrected() -> None:
    assert "Correct one field" in summary(subject="Hello", version="1")
    assert "Correct 2 fields" in summary(version="1")


def test_it_names_no_number_where_no_field_is_at_fault() -> None:
    for fields in ({"text": "sent already", "version": "1"}, {"text": "Hello"}):
        words = summary(subject="Hello", **fields)
        assert "<li>" in words
        assert "Correct" not in words
