import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The last use of a token gets a narrow row of its own: the token's row is wide, and in a dozen indexes."""

    dependencies = [("reference_tokens", "0008_lists_by_index")]

    operations = [
        migrations.CreateModel(
            name="TokenUse",
            fields=[
                (
                    "token",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="use",
                        serialize=False,
                        to="reference_tokens.referencetoken",
                    ),
                ),
                (
                    "application",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="trusted_apps.trustedapplication",
                    ),
                ),
                ("is_revoked", models.BooleanField(default=False)),
                ("last_used_at", models.DateTimeField(null=True)),
                ("last_used_address", models.GenericIPAddressField(null=True)),
                (
                    "last_used_server",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="reference_tokens.resourceserver",
                    ),
                ),
                ("counted_on", models.DateField(editable=False, null=True)),
                ("accepted_on_day", models.PositiveBigIntegerField(editable=False, null=True)),
                ("refused_on_day", models.PositiveBigIntegerField(editable=False, null=True)),
                ("recent_sources", models.TextField(blank=True, editable=False)),
            ],
        ),
    ]
