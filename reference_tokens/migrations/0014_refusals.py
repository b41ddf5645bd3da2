import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Refusals that can be read."""

    dependencies = [
        ("reference_tokens", "0013_what_home_tells"),
        ("trusted_apps", "0002_given_scopes"),
    ]

    operations = [
        migrations.CreateModel(
            name="RefusalCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("minute", models.DateTimeField()),
                ("reason", models.CharField(max_length=30)),
                (
                    "door",
                    models.CharField(
                        choices=[
                            ("introspection", "Introspection"),
                            ("revocation", "Revocation"),
                            ("forward_auth", "Forward auth"),
                            ("unbound_forward_auth", "Forward auth without a Resource Server"),
                            ("token_itself", "/api/token"),
                            ("self_rotation", "/api/token/rotate"),
                            ("profile", "Holder's profile"),
                        ],
                        max_length=30,
                    ),
                ),
                ("address", models.GenericIPAddressField(null=True)),
                ("count", models.PositiveBigIntegerField()),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                (
                    "application",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="trusted_apps.trustedapplication",
                    ),
                ),
                (
                    "server",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="reference_tokens.resourceserver",
                    ),
                ),
                (
                    "token",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="reference_tokens.referencetoken",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "refusals",
                "indexes": [
                    models.Index(
                        condition=models.Q(("application__isnull", False)),
                        fields=["application", "minute", "id"],
                        name="refusal_of_app",
                    ),
                    models.Index(
                        condition=models.Q(("server__isnull", False)),
                        fields=["server", "minute", "id"],
                        name="refusal_of_server",
                    ),
                    models.Index(fields=["minute"], name="refusal_by_minute"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("token", "server", "minute"), name="refusal_one_a_minute"),
                    models.UniqueConstraint(
                        condition=models.Q(("server", None)),
                        fields=("token", "minute"),
                        name="refusal_one_a_minute_unbound",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("token", None)),
                        fields=("server", "reason", "minute"),
                        name="refusal_one_a_minute_no_token",
                    ),
                ],
            },
        ),
    ]
