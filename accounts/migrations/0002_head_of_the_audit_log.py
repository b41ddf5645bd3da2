"""The beginning of the chain of audit entries: nothing written, and the hash that the first entry follows."""

from __future__ import annotations

from django.db import migrations

GENESIS_HASH = bytes(32)


def add_head(apps, _schema_editor):
    apps.get_model("accounts", "AuditHead").objects.get_or_create(defaults={"seq": 0, "hash": GENESIS_HASH})


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_tables")]

    operations = [migrations.RunPython(add_head, migrations.RunPython.noop)]
