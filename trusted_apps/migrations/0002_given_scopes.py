"""The two scopes that every instance starts with (TOK-6)."""

from __future__ import annotations

from django.db import migrations

GIVEN_SCOPES = {
    "read": "View data.",
    "update": "Create, change and delete data.",
}


def add_given_scopes(apps, _schema_editor):
    scope = apps.get_model("trusted_apps", "Scope")
    for name, description in GIVEN_SCOPES.items():
        scope.objects.get_or_create(name=name, defaults={"description": description})


class Migration(migrations.Migration):
    dependencies = [("trusted_apps", "0001_tables")]

    # Backwards nothing is taken away: applications may name the scopes.
    operations = [migrations.RunPython(add_given_scopes, migrations.RunPython.noop)]
