import django.db.models.deletion
from django.db import migrations, models

TRIGGER, TOKENS = "reference_tokens_keep_search", "reference_tokens_referencetoken"
STATEMENTS = {
    "sqlite": [f"DROP TRIGGER IF EXISTS {TRIGGER}", f"DROP TRIGGER IF EXISTS {TRIGGER}_again"],
    "postgresql": [f"DROP TRIGGER IF EXISTS {TRIGGER} ON {TOKENS}"],
}


def anew(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for statement in STATEMENTS[schema_editor.connection.vendor]:
            cursor.execute(statement)


class Migration(migrations.Migration):
    """Where the triggers are missing, the end of `migrate` makes them and their tables, as this release has them.

    A million tokens take a minute or two. Until then searches find what is filled in, and `/readyz` is 503.
    """

    dependencies = [("reference_tokens", "0026_measured")]

    operations = [
        migrations.RunPython(anew, anew),
        migrations.AlterField(
            model_name="issuedscope",
            name="application",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="issued_scopes",
                to="trusted_apps.trustedapplication",
            ),
        ),
    ]
