"""What people put into addresses, and take into spreadsheets."""

from __future__ import annotations

import csv
import io

from django.core.exceptions import ValidationError
from django.http import QueryDict

from accounts.text.row_files import BYTE_ORDER_MARK, FORMULA_STARTS, as_csv
from instance_manager.audit_log.forms import AddressField, LogInstantField
from reference_tokens.lists.filtering.form import TokenFilterForm
from reference_tokens.lists.filtering.offered import Offered
from reference_tokens.lists.finding.order import ListPosition
from reference_tokens.token_values.token_format import holds_token

NAMES = ("kind", "application", "owner", "group", "server", "scope")


def filters(data: bytes) -> None:
    """An address narrows a list; what it says is said by an address that narrows it alike, and never holds a token."""
    form = filtered(data.decode("latin-1"))
    again = filtered(form.filters.url().removeprefix("?"))
    assert again.filters == form.filters
    assert not holds_token(form.filters.q)
    assert form.fields["q"].widget


def filtered(query: str) -> TokenFilterForm:
    """The form of this query."""
    return TokenFilterForm(QueryDict(query).dict(), names=NAMES, offered=Offered([]))


def log_filters(data: bytes) -> None:
    """An instant and an address of the audit log are read, or refused."""
    text = data.decode("utf-8", "replace")
    for field in (LogInstantField(), AddressField(required=False, max_length=60)):
        try:
            field.clean(text)
        except ValidationError as refused:
            assert refused.messages


def position(data: bytes) -> None:
    """A text names a place in a list, which is written so that it is read alike; or it names none."""
    found = ListPosition.read(data.decode("utf-8", "replace"))
    assert found is None or ListPosition.read(str(found)) == found


def spreadsheet(data: bytes) -> None:
    """Cells are read back as they were; one that a spreadsheet would calculate stands behind an apostrophe."""
    cells = data.decode("utf-8", "replace").split("\0")
    columns = [str(number) for number in range(len(cells))]
    text = "".join(as_csv([dict(zip(columns, cells, strict=True))], columns)).removeprefix(BYTE_ORDER_MARK)
    _names, read = csv.reader(io.StringIO(text, newline=""))
    for cell, found in zip(cells, read, strict=True):
        assert found in (cell, f"'{cell}")
        assert not found.lstrip().startswith(FORMULA_STARTS)
