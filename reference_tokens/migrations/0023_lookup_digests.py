import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """An empty table: only tokens that are issued with `LEAK_LOOKUP` on have a row in it."""

    dependencies = [("reference_tokens", "0022_resumptions_found")]

    operations = [
        migrations.CreateModel(
            name="LookupDigest",
            fields=[
                (
                    "token",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="lookup_digest",
                        serialize=False,
                        to="reference_tokens.referencetoken",
                    ),
                ),
                ("prefix", models.CharField(max_length=5)),
                ("rest", models.CharField(max_length=59)),
            ],
            options={
                "verbose_name_plural": "lookup digests",
                "indexes": [models.Index(fields=["prefix"], name="lookup_digest_by_prefix")],
            },
        ),
    ]
