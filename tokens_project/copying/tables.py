"""The tables that hold what an instance stores."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model, Q, QuerySet

from accounts.models import AuditHead
from reference_tokens.models.search_tables import NAMES
from trusted_apps.built_in import MANAGEMENT_API_URI, MANAGEMENT_SCOPES
from trusted_apps.models import Scope, TrustedApplication

# What a database makes by itself: the tables for searches with those in which SQLite keeps them, and SQLite's own.
BY_ITSELF = (NAMES["texts"], NAMES["scopes"], "sqlite_")
# What `migrate` lays in a new instance. Whoever changes any of it leaves an entry in the audit log.
LAID: dict[type[Model], Q] = {
    AuditHead: Q(seq=0),
    ContentType: ~Q(pk=None),
    Permission: ~Q(pk=None),
    Scope: Q(name__in=["read", "update", *MANAGEMENT_SCOPES]),
    TrustedApplication: Q(application_uri=MANAGEMENT_API_URI),
}


def tables() -> list[type[Model]]:
    """The model of each table that is copied, always in the same order; not those that a database fills by itself."""
    models = apps.get_models(include_auto_created=True)
    return sorted((model for model in models if model._meta.managed), key=lambda model: model._meta.label)


def all_of(model: type[Model], using: str) -> QuerySet[Model]:
    """Every row of a table, in no order."""
    return QuerySet(model, using=using).order_by()


def what_is_in(connection: Any) -> str:
    """What a database holds beside what `migrate` lays: the name of a table; empty where there is nothing."""
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
    own = {model._meta.db_table: model for model in tables()}
    for table in sorted(there):
        if table == MigrationRecorder.Migration._meta.db_table or table.startswith(BY_ITSELF):
            continue
        model = own.get(table)
        if model is None or holds_more(model, connection.alias):
            return str(table)
    return ""


def holds_more(model: type[Model], using: str) -> bool:
    """Whether a table has a row that `migrate` does not lay."""
    rows = all_of(model, using)
    return (rows.exclude(LAID[model]) if model in LAID else rows).exists()
