import django.db.models.deletion
from django.db import migrations, models

SEARCH = {
    "sqlite": [
        "DROP TRIGGER IF EXISTS reference_tokens_keep_search",
        "DROP TRIGGER IF EXISTS reference_tokens_keep_search_again",
        "DROP TABLE IF EXISTS reference_tokens_tokenscopes",
        "DROP VIEW IF EXISTS reference_tokens_tokenscopes_rows",
        "DROP TABLE IF EXISTS reference_tokens_tokentext",
    ],
    "postgresql": [
        "DROP FUNCTION IF EXISTS reference_tokens_keep_search CASCADE",
        "DROP TABLE IF EXISTS reference_tokens_tokenscopes",
        "DROP TABLE IF EXISTS reference_tokens_tokentext",
    ],
}


def drop_search(apps, schema_editor):
    for statement in SEARCH[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    """What leads to tokens by parts of their texts and by their scopes.

    The tables for searches and their triggers come after each migration (`reference_tokens.models.search_tables`).
    """

    dependencies = [("reference_tokens", "0007_rows_found_by_age"), ("trusted_apps", "0001_tables")]

    operations = [
        # Backwards, before the table goes into which they write.
        migrations.CreateModel(
            name="IssuedScope",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scope", models.CharField(max_length=64)),
                (
                    "application",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="trusted_apps.trustedapplication",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("application", "scope"), name="issued_scope_once_for_each_application"
                    )
                ],
            },
        ),
        migrations.RunPython(migrations.RunPython.noop, drop_search),
        migrations.CreateModel(
            name="TokenText",
            fields=[
                (
                    "token",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="search_text",
                        serialize=False,
                        to="reference_tokens.referencetoken",
                    ),
                ),
                ("text", models.TextField()),
            ],
            options={"managed": False},
        ),
        migrations.CreateModel(
            name="TokenScopes",
            fields=[
                (
                    "token",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="search_scopes",
                        serialize=False,
                        to="reference_tokens.referencetoken",
                    ),
                ),
                ("terms", models.TextField()),
            ],
            options={"managed": False},
        ),
    ]
