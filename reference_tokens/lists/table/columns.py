"""The columns of a list of tokens: what heads each, what stands in its cells, and how the list is sorted by it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.templatetags.parts import markup
from reference_tokens.lists.finding import order as token_order
from reference_tokens.lists.table.cells import CellWriter

if TYPE_CHECKING:
    from reference_tokens.lists.finding.filters import TokenFilters
    from reference_tokens.lists.rows import TokenRow

DIRECTIONS = {token_order.EXPIRY: "ascending", token_order.USED: "descending", token_order.UNUSED: "ascending"}


class Column(NamedTuple):
    """A column. Its heading leads through these orders, and from the last back to the newest first."""

    css_class: str
    label: Promise
    cell: Callable[[CellWriter, TokenRow, int], SafeString]
    orders: tuple[str, ...] = ()
    # What its heading explains, which opens by click, touch or key.
    explanation: Promise | str = ""


class Heading(NamedTuple):
    """What heads a column: where it sorts the list, a link that does so, and how the list is sorted by it now.

    Or what it explains.
    """

    css_class: str
    label: str
    url: str = ""
    direction: str = ""
    explanation: str = ""


NAME = Column("c-name", gettext_lazy("Description"), CellWriter.name)
APPLICATION = Column("c-app", pgettext_lazy("narrow column", "Trusted Application"), CellWriter.application)
HOLDER = Column("c-holder", gettext_lazy("Acts as"), CellWriter.holder)
KIND = Column("c-kind", gettext_lazy("Kind"), CellWriter.kind)
SCOPES = Column("c-scopes", pgettext_lazy("narrow column", "Scopes"), CellWriter.scopes)
EXPIRES = Column("c-expires", gettext_lazy("Expires"), CellWriter.expires, (token_order.EXPIRY,))
USED = Column("c-used", gettext_lazy("Last used"), CellWriter.used, (token_order.USED, token_order.UNUSED))
USAGE = Column(
    "c-usage",
    gettext_lazy("30 days of use"),
    CellWriter.usage,
    explanation=gettext_lazy("All lines have one logarithmic scale: half as high is far less than half as often."),
)
ACTIONS = Column("c-actions", gettext_lazy("Actions"), CellWriter.actions)
ENDED = Column("c-ended", gettext_lazy("Ended"), CellWriter.ended)
OF_ANY = (NAME, APPLICATION, HOLDER, KIND, SCOPES, EXPIRES, USED)
NAMING = '<th role="rowheader" scope="row" class="c-name">'


def columns_and_headings(filters: TokenFilters, without: Collection[Column]) -> dict[str, Any]:
    """The columns of a list that is narrowed and sorted so, and what heads them.

    `without` are the columns in which every row would say the same.
    """
    of_tab = (ENDED,) if filters.is_ended else (USAGE, ACTIONS)
    columns = [column for column in (*OF_ANY, *of_tab) if column not in without]
    return {"columns": columns, "headings": [heading_of(column, filters) for column in columns]}


def heading_of(column: Column, filters: TokenFilters) -> Heading:
    """What heads a column. Ended tokens are in one order only."""
    if not column.orders or filters.is_ended:
        return Heading(column.css_class, str(column.label), explanation=str(column.explanation))
    around = (token_order.ISSUED, *column.orders, token_order.ISSUED)
    is_current = filters.order in column.orders
    following = around[around.index(filters.order) + 1] if is_current else column.orders[0]
    return Heading(
        column.css_class,
        str(column.label),
        filters.url(sort="" if following == filters.usual_order else following),
        DIRECTIONS[filters.order] if is_current else "",
    )


def rows_as_markup(rows: Sequence[TokenRow], columns: Sequence[Column], form_id: str) -> SafeString:
    """The rows of a table. The first column names the row."""
    writer = CellWriter(form_id)
    naming, *others = columns
    opened = [
        (markup('<td role="cell" class="{}" data-label="{}">', one.css_class, one.label), one.cell) for one in others
    ]
    parts: list[str] = []
    for number, row in enumerate(rows):
        parts += '<tr role="row" class="is-new">' if row.is_new else '<tr role="row">', NAMING
        parts += naming.cell(writer, row, number), "</th>"
        for opening, cell in opened:
            parts += opening, cell(writer, row, number), "</td>"
        parts.append("</tr>")
    return SafeString("".join(parts))
