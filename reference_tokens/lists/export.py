"""Tokens as rows of a file. Never a value or a digest."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts.audit.record import Actor, Target, record_event
from accounts.text.reasons import Reason
from accounts.text.row_files import Row, iso_utc
from reference_tokens.models.outside_policy import Terms, reasons_outside
from reference_tokens.models.tokens import state_of
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from reference_tokens.models import ReferenceTokenQuerySet

READ_AT_ONCE = 2000
# What is read of each token, in one statement.
READ = (
    *("id", "hint", "kind", "description", "scopes", "issued_at", "expires_at"),
    *("use__last_used_at", "use__last_used_address", "use__last_used_server__name", "issuer__username"),
    *("suspended_at", "suspended_by__username", "suspension_reason", "suspension_code"),
    *("revoked_at", "revoked_by__username", "revocation_reason", "revocation_code"),
    *("exposed_at", "leak_report__place"),
    *("holder__username", "holder__is_administrator"),
    *("application", "application__application_uri", "application__name", "application__access_tokens_policy"),
    *("application__scopes", "application__max_lifetime_days", "application__allows_tokens_without_expiry"),
    "application__system_user__username",
)


def record_export(*, actor: Actor, count: int, chosen_by: dict[str, Any], file_format: str, now: datetime) -> None:
    """Write the audit entry of an export, before the first row leaves: an export that breaks off counts too."""
    details = {"chosen_by": chosen_by, "count": count, "format": file_format}
    with transaction.atomic():
        record_event(actor, "token:export", Target("instance", ""), now=now, details=details)


def exported_rows(tokens: ReferenceTokenQuerySet, now: datetime) -> Generator[Row, None, None]:
    """The tokens one by one, newest first.

    One statement reads them all: what changes meanwhile is not half in the file, and no more than a portion is in
    memory. On PostgreSQL the thread is in a transaction until the last one is read, or the generator closed. What is
    read are values: to make objects of a million tokens with their people would take longer than to write the file.
    """
    applications: dict[uuid.UUID, TrustedApplication] = {}
    ordered: Any = tokens.order_by("-issued_at", "-id").values_list(*READ, named=True)
    for row in ordered.one_by_one(READ_AT_ONCE):
        application = applications.get(row.application)
        if application is None:
            application = applications[row.application] = application_in(row)
        yield exported_row(row, application, now)


def application_in(row: Any) -> TrustedApplication:
    """The application of a token, as far as the row tells of it."""
    names = [name for name in READ if name.startswith("application__") and name.count("__") == 1]
    return TrustedApplication(**{name.removeprefix("application__"): getattr(row, name) for name in names})


def exported_row(row: Any, application: TrustedApplication, now: datetime) -> Row:
    """What a file says of a token; times in UTC, several values separated by spaces."""
    # A SAT is an administrator's.
    terms = Terms(row.holder__is_administrator is not False, row.expires_at, row.scopes)
    return {
        "id": str(row.id),
        "hint": row.hint,
        "kind": row.kind,
        "description": row.description,
        "application": application.application_uri,
        "application_name": application.name,
        "acts_as": row.holder__username or row.application__system_user__username or "",
        "issued_by": row.issuer__username or "",
        "scopes": " ".join(row.scopes),
        "state": str(state_of(row, now)),
        "outside_policy": " ".join(str(reason) for reason in reasons_outside(terms, application, now)),
        "issued_at": iso_utc(row.issued_at),
        "expires_at": iso_utc(row.expires_at),
        "last_used_at": iso_utc(row.use__last_used_at),
        "last_used_from": row.use__last_used_server__name or row.use__last_used_address or "",
        "suspended_at": iso_utc(row.suspended_at),
        "suspended_by": row.suspended_by__username or "",
        "suspension_reason": Reason(row.suspension_reason, row.suspension_code).for_programs(),
        "revoked_at": iso_utc(row.revoked_at),
        "revoked_by": row.revoked_by__username or "",
        "revocation_reason": Reason(row.revocation_reason, row.revocation_code).for_programs(),
        "exposed_at": iso_utc(row.exposed_at),
        "seen_at": row.leak_report__place or "",
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
    "exposed_at",
    "seen_at",
)
