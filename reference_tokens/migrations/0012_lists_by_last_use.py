from django.db import migrations, models

TOKENS, USES = "reference_tokens_referencetoken", "reference_tokens_tokenuse"
NEVER_USED = models.Q(first_used_at__isnull=True, revoked_at__isnull=True)
LISTED = models.Q(is_revoked=False, last_used_at__isnull=False)


def add_what_was_stored_meanwhile(apps, schema_editor):
    """A process of the version before may have stored a first use when the rows of uses had been made already.

    Where from is not known any more; but no token that was used is left without its row, by which lists find it.
    """
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {USES} (token_id, application_id, is_revoked, last_used_at, recent_sources) "
            f"SELECT id, application_id, revoked_at IS NOT NULL, last_used_at, '' FROM {TOKENS} "
            "WHERE last_used_at IS NOT NULL AND NOT EXISTS "
            f"(SELECT 1 FROM {USES} AS known WHERE token_id = {TOKENS}.id AND known.last_used_at IS NOT NULL) "
            f"ON CONFLICT (token_id) DO UPDATE SET last_used_at = COALESCE({USES}.last_used_at, excluded.last_used_at)"
        )


def count_anew(apps, schema_editor):
    """Let the database count what it has in the two tables: by that it chooses the ways to a list."""
    with schema_editor.connection.cursor() as cursor:
        # SQLite has forgotten it of the one that it made anew; where nobody ever had it count, it needs no numbers.
        if schema_editor.connection.vendor == "sqlite" and "sqlite_stat1" not in tables(cursor):
            return
        for name in (TOKENS, USES):
            cursor.execute(f"ANALYZE {name}")


def tables(cursor):
    return [name for (name,) in cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]


class Migration(migrations.Migration):
    """What serves the lists by last use; tokens are read meanwhile."""

    dependencies = [("reference_tokens", "0011_uses_apart_from_tokens")]

    operations = [
        migrations.AddIndex(
            "referencetoken",
            models.Index(fields=["issued_at", "id"], name="token_by_unused", condition=NEVER_USED),
        ),
        migrations.AddIndex(
            "referencetoken",
            models.Index(
                fields=["application", "issued_at", "id"], name="token_of_app_by_unused", condition=NEVER_USED
            ),
        ),
        migrations.AddIndex(
            "tokenuse", models.Index(fields=["last_used_at", "token"], name="use_by_time", condition=LISTED)
        ),
        migrations.AddIndex(
            "tokenuse",
            models.Index(fields=["application", "last_used_at", "token"], name="use_of_app_by_time", condition=LISTED),
        ),
        migrations.RunPython(add_what_was_stored_meanwhile, migrations.RunPython.noop),
        migrations.RunPython(count_anew, migrations.RunPython.noop),
    ]
