"""Tokens as files: CSV after RFC 4180 for spreadsheets, and JSON Lines for programs. Never a value or a digest."""

from __future__ import annotations

import csv
import json
import unicodedata
from collections.abc import Callable, Generator, Iterable
from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts.audit.record import Actor, Target, record_event
from reference_tokens.lists.rows import used_from
from reference_tokens.models.outside_policy import reasons_outside

if TYPE_CHECKING:
    from datetime import datetime

    from reference_tokens.models import ReferenceToken, ReferenceTokenQuerySet

# What a spreadsheet takes for the beginning of a formula (T40), in letters of any width, behind white space too.
FORMULA_STARTS = ("=", "+", "-", "@", "|", "%")
# By it Excel knows UTF-8 from the code page of its machine.
BYTE_ORDER_MARK = "\ufeff"
READ_AT_ONCE = 2000
READ_WITH_TOKEN = ("application__system_user", "holder", "issuer", "revoked_by", "suspended_by", "last_used_server")
ExportedRow = dict[str, Any]


def record_export(*, actor: Actor, count: int, chosen_by: dict[str, Any], file_format: str, now: datetime) -> None:
    """Write the audit entry of an export, before the first row leaves: an export that breaks off counts too."""
    details = {"chosen_by": chosen_by, "count": count, "format": file_format}
    with transaction.atomic():
        record_event(actor, "token:export", Target("instance", ""), now=now, details=details)


def exported_rows(tokens: ReferenceTokenQuerySet, now: datetime) -> Generator[ExportedRow, None, None]:
    """The tokens one by one, newest first.

    One statement reads them all: what changes meanwhile is not half in the file, and no more than a portion is in
    memory. On PostgreSQL the thread is in a transaction until the last one is read, or the generator closed.
    """
    ordered = tokens.select_related(*READ_WITH_TOKEN).order_by("-issued_at", "-id")
    for token in ordered.one_by_one(READ_AT_ONCE):
        yield exported_row(token, now)


def exported_row(token: ReferenceToken, now: datetime) -> ExportedRow:
    """What a file says of a token; times in UTC, several values separated by spaces."""
    application, holder = token.application, token.holder or token.application.system_user
    return {
        "id": str(token.pk),
        "hint": token.hint,
        "kind": str(token.kind),
        "description": token.description,
        "application": application.application_uri,
        "application_name": application.name,
        "acts_as": holder.username if holder else "",
        "issued_by": token.issuer.username if token.issuer else "",
        "scopes": " ".join(token.scopes),
        "state": str(token.state(now)),
        "outside_policy": " ".join(str(reason) for reason in reasons_outside(token.terms, application, now)),
        "issued_at": iso_utc(token.issued_at),
        "expires_at": iso_utc(token.expires_at),
        "last_used_at": iso_utc(token.last_used_at),
        "last_used_from": used_from(token),
        "suspended_at": iso_utc(token.suspended_at),
        "suspended_by": token.suspended_by.username if token.suspended_by else "",
        "suspension_reason": token.why_suspended.for_programs(),
        "revoked_at": iso_utc(token.revoked_at),
        "revoked_by": token.revoked_by.username if token.revoked_by else "",
        "revocation_reason": token.why_revoked.for_programs(),
    }


# The names of the columns, in their order.
COLUMNS = (
    "id",
    "hint",
    "kind",
    "description",
    "application",
    "application_name",
    "acts_as",
    "issued_by",
    "scopes",
    "state",
    "outside_policy",
    "issued_at",
    "expires_at",
    "last_used_at",
    "last_used_from",
    "suspended_at",
    "suspended_by",
    "suspension_reason",
    "revoked_at",
    "revoked_by",
    "revocation_reason",
)


def iso_utc(instant: datetime | None) -> str:
    """An instant as ISO 8601 has it; nothing for none."""
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}" if instant else ""


class _Line:
    """A file of one line: gives back what is written."""

    def write(self, text: str) -> str:
        return text


def as_csv(found: Iterable[ExportedRow]) -> Generator[str, None, None]:
    """The rows below the names of the columns, no cell of which a spreadsheet takes for a formula."""
    # In quotes throughout: where a decimal comma is usual, a semicolon separates cells.
    write = csv.writer(_Line(), quoting=csv.QUOTE_ALL).writerow
    yield BYTE_ORDER_MARK + str(write(COLUMNS))
    for record in found:
        yield str(write([harmless_cell(record[name]) for name in COLUMNS]))


def as_json_lines(found: Iterable[ExportedRow]) -> Generator[str, None, None]:
    """One object a line, as it is: programs run no formulas."""
    for record in found:
        yield json.dumps(record, ensure_ascii=False) + "\n"


def harmless_cell(cell: str) -> str:
    """The text of a cell, behind an apostrophe where it begins like a formula."""
    plain = unicodedata.normalize("NFKC", cell)
    starts = plain.lstrip().startswith(FORMULA_STARTS) or plain.startswith(("\t", "\r", "\n"))
    return f"'{cell}" if starts else cell


# By the ending of the file: what it is, and how it is written.
FORMATS: dict[str, tuple[str, Callable[[Iterable[ExportedRow]], Generator[str, None, None]]]] = {
    "csv": ("text/csv; charset=utf-8; header=present", as_csv),
    "jsonl": ("application/jsonl; charset=utf-8", as_json_lines),
}
