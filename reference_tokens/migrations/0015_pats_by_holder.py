from django.db import migrations, models


def count_anew(apps, schema_editor):
    """Let SQLite count what it has, where it was ever told to; PostgreSQL does so by itself."""
    if schema_editor.connection.vendor == "sqlite":
        with schema_editor.connection.cursor() as cursor:
            if cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'").fetchone():
                cursor.execute("ANALYZE pat_of_holder")


class Migration(migrations.Migration):
    """The index of holders without the SATs, which nobody holds: SQLite took them all for the few of one holder."""

    dependencies = [("reference_tokens", "0014_refusals")]

    operations = [
        migrations.AddIndex(
            "referencetoken",
            models.Index(
                fields=["holder", "issued_at", "id"],
                name="pat_of_holder",
                condition=models.Q(holder__isnull=False),
            ),
        ),
        migrations.RemoveIndex("referencetoken", "token_of_holder"),
        migrations.RunPython(count_anew, migrations.RunPython.noop),
    ]
