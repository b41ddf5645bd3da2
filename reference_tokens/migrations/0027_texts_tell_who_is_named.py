import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The end of `migrate` sees that the tables for searches have the shape of the release before, and changes it.

    Nothing is taken away here: servers of that release ask for what it has made (`models/search_tables.py`).
    """

    dependencies = [("reference_tokens", "0026_measured")]

    operations = [
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
