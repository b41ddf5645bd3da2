"""Choosing from many: a form shows the chosen rows as ticked boxes, and finds the others by a search.

Without JavaScript, a form with words in one of its searches comes back with the rows found, and nothing is saved. With
it, the rows appear while the words are typed. The answer is the same part of the page.
"""

from __future__ import annotations

import functools
import operator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.database.statement_time import TakesTooLong, statements_within
from accounts.text.case_folding import contains_text
from accounts.text.free_text import refuse_secret
from accounts.text.numbers import grouped_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.db.models import QuerySet
    from django.utils.functional import Promise

    _OneField = forms.ModelChoiceField[Any]
    _SeveralField = forms.ModelMultipleChoiceField[Any]
else:
    _OneField, _SeveralField = forms.ModelChoiceField, forms.ModelMultipleChoiceField

# A form lists so many rows that are not chosen, and takes so many that are.
MOST_OFFERED = 20
MOST_CHOSEN = 50
SEARCH = "_search"
# Of the time of a page, which its list needs.
OFFERED_SECONDS = 0.25


class Chooser(forms.Widget):
    """Ticked boxes for the chosen rows, then boxes for the rows found, or for all where they are few.

    The search reads `columns`, as its label says; `url` answers it while it is typed. `none_label` offers to choose
    nothing, in a single choice that is optional.
    """

    template_name = "partials/chooser.html"
    use_fieldset = True
    # Set by the field: an iterator over its rows, of which this widget uses only the rows.
    choices: Any = ()

    def __init__(  # noqa: PLR0913 - what is searched, where, and how it is said
        self,
        *,
        columns: tuple[str, ...],
        search_label: Promise | str,
        url: Promise | str,
        pattern: str,
        is_single: bool = False,
        none_label: Promise | str = "",
    ) -> None:
        super().__init__()
        self.columns, self.search_label, self.url, self.pattern = columns, search_label, url, pattern
        self.is_single, self.none_label = is_single, none_label
        self.words = ""
        # What is there already, and is not offered once more.
        self.taken = Q(pk__in=())

    def id_for_label(self, _id: str) -> str:
        """No id: the widget consists of many boxes."""
        return ""

    def value_from_datadict(self, data: Mapping[str, Any], _files: Any, name: str) -> Any:
        """The ticked values; the words of the search are kept for the answer."""
        self.words = data.get(f"{name}{SEARCH}") or ""
        if self.is_single:
            return data.get(name)
        return data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """The context of the template."""
        context = super().get_context(name, value, attrs)
        parts = self.parts(name, value, self.words)
        context["widget"] |= {"search_label": self.search_label, "url": self.url, "pattern": self.pattern}
        return context | parts

    def parts(self, name: str, value: Any, words: str) -> dict[str, Any]:
        """The boxes of the rows chosen and found, and a sentence about the search. Two queries."""
        rows, ids = self.choices.queryset, self.readable_ids(value)
        chosen = list(rows.filter(pk__in=ids)) if ids else []
        words = words.replace("\0", "").strip()
        others = rows.exclude(pk__in=ids).exclude(self.taken)
        if words:
            has_them = [contains_text(column, words) for column in self.columns]
            found = list(others.filter(functools.reduce(operator.or_, has_them))[: MOST_OFFERED + 1])
            shown, has_more = found[:MOST_OFFERED], len(found) > MOST_OFFERED
            said = status(len(shown), has_more=has_more)
        else:
            few = few_of(others)
            shown, has_more = few or [], few is None
            said = "" if shown or has_more or chosen or not rows.exists() else _("All have been added already.")
        return {
            "name": name,
            "type": "radio" if self.is_single else "checkbox",
            "none_label": self.none_label,
            "is_searchable": bool(words) or has_more,
            "chosen": [self.box(row) for row in chosen],
            "found": [self.box(row) for row in shown],
            "status": said,
        }

    def box(self, row: Any) -> dict[str, str]:
        """The box of one row."""
        return {"value": str(row.pk), "label": str(self.choices.field.label_from_instance(row))}

    def readable_ids(self, value: Any) -> list[Any]:
        """The valid ids among the values that were sent."""
        primary_key, found = self.choices.queryset.model._meta.pk, []
        for one in value if isinstance(value, list | tuple) else [value]:
            try:
                found.append(primary_key.clean(one, None))
            except ValidationError:
                continue
        return found


def few_of(rows: QuerySet[Any]) -> list[Any] | None:
    """The rows, where they are few; None where they are many, or are not read in a moment, and are to be looked for.

    Of many rows the first ones by name are no likelier choices than the others.
    """
    with suppress(TakesTooLong), statements_within(OFFERED_SECONDS):
        found = list(rows[: MOST_OFFERED + 1])
        return found if len(found) <= MOST_OFFERED else None
    return None


def status(count: int, *, has_more: bool) -> str:
    """The result of a search, in a sentence."""
    if not count:
        return _("Nothing was found.")
    if has_more:
        return _("More than %(count)s were found, and the first are shown. Enter more of the name.") % {"count": count}
    return ngettext("%(count)s was found.", "%(count)s were found.", count) % {"count": count}


class ChosenOneField(_OneField):
    """A choice of one row, or none."""

    def __init__(self, *, rows: QuerySet[Any], condition: Q, widget: Chooser, **options: Any) -> None:
        super().__init__(rows.filter(condition), widget=widget, **options)
        self.rows, self.condition = rows, condition

    def clean(self, value: Any) -> Any:
        """The chosen row."""
        refuse_secret(str(value or ""))
        return super().clean(value)


class ChosenSeveralField(_SeveralField):
    """A choice of several rows, fifty at the most: larger sets have pages of their own."""

    default_error_messages = {  # noqa: RUF012 - as Django declares it
        "too_many": gettext_lazy("Choose at most %(most)s."),
    }

    def __init__(self, *, rows: QuerySet[Any], condition: Q, widget: Chooser, **options: Any) -> None:
        super().__init__(rows.filter(condition), widget=widget, **options)
        self.rows, self.condition = rows, condition

    def clean(self, value: Any) -> Any:
        """The chosen rows."""
        if len(value or ()) > MOST_CHOSEN:
            raise ValidationError(self.error_messages["too_many"], code="too_many", params={"most": MOST_CHOSEN})
        for one in value or ():
            refuse_secret(str(one))
            # A number too large for the column is refused here; Django would pass it to the database.
            self.rows.model._meta.pk.clean(one, None)
        return super().clean(value)


def keep(field: forms.Field, ids: Iterable[Any]) -> None:
    """Keep rows selectable that are chosen already, whatever has happened to them since."""
    assert isinstance(field, ChosenOneField | ChosenSeveralField)  # noqa: S101 - for the type checker
    # Without a condition all rows are selectable, and "these or all" would be these alone.
    if field.condition:
        field.queryset = field.rows.filter(field.condition | Q(pk__in=[one for one in ids if one is not None]))


class ChoosingForm(forms.Form):
    """A form that only searches, and saves nothing, while one of its searches holds words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if isinstance(field.widget, Chooser):
                # The words of a search before a confirmation.
                field.widget.words = self.initial.get(f"{name}{SEARCH}", "")

    @property
    def is_searching(self) -> bool:
        """Whether the form searches; then it checks nothing and shows no errors."""
        searched = [name for name, field in self.fields.items() if isinstance(field.widget, Chooser)]
        return self.is_bound and any(self.data.get(f"{name}{SEARCH}", "").strip() for name in searched)

    # Where a form cannot take all that is chosen: the count, and the page that changes it.
    elsewhere: dict[str, str] | None = None

    def begin_with(self, name: str, chosen: Any, url: str) -> None:
        """Start with the rows that are chosen already. Leave the field out where they are too many, so that they stay.

        A form of a model would read every one of them.
        """
        ids = list(chosen.order_by().values_list("pk", flat=True)[: MOST_CHOSEN + 1])
        if len(ids) <= MOST_CHOSEN:
            keep(self.fields[name], ids)
            self.initial.setdefault(name, ids)
        else:
            del self.fields[name]
            self.elsewhere = {"count": grouped_number(chosen.count()), "url": url}

    def is_valid(self) -> bool:
        """Whether the form can be saved."""
        return not self.is_searching and super().is_valid()

    def full_clean(self) -> None:
        """Check the form, unless it searches."""
        if self.is_searching:
            self._errors, self.cleaned_data = ErrorDict(), {}
        else:
            super().full_clean()


def status_of(form: forms.BaseForm, refused: int) -> int:
    """The status of the answer that shows the form again: 200 after a search, else that of a refusal."""
    return 200 if isinstance(form, ChoosingForm) and form.is_searching else refused
