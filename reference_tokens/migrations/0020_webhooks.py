import accounts.text.validators
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reference_tokens", "0019_exposed_tokens"),
        ("trusted_apps", "0002_given_scopes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("url", models.CharField(max_length=500, verbose_name="address")),
                ("types", models.JSONField(default=list, verbose_name="events")),
                (
                    "description",
                    models.CharField(
                        blank=True,
                        max_length=200,
                        validators=[accounts.text.validators.plain_text],
                        verbose_name="description",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "Active"), ("paused", "Paused"), ("ended", "Ended by its receiver")],
                        default="active",
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("secret", models.TextField(editable=False)),
                ("former_secret", models.TextField(blank=True, editable=False)),
                ("former_secret_until", models.DateTimeField(editable=False, null=True)),
                ("created_at", models.DateTimeField(editable=False, verbose_name="created")),
                ("read_through", models.BigIntegerField(editable=False)),
                ("read_token", models.UUIDField(editable=False, null=True)),
                ("expiries", models.JSONField(default=dict, editable=False)),
                ("failures_to_tell", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "application",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="trusted_apps.trustedapplication",
                        verbose_name="Trusted Application",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook",
                "verbose_name_plural": "webhooks",
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("message_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("type", models.CharField(editable=False, max_length=20)),
                ("payload", models.TextField(editable=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("delivered", "Delivered"), ("failed", "Failed")],
                        default="waiting",
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0, editable=False)),
                ("next_at", models.DateTimeField(editable=False, null=True)),
                ("last_status", models.PositiveSmallIntegerField(editable=False, null=True)),
                (
                    "last_fault",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("no_host", "No host of this name"),
                            ("not_allowed", "The host has a private address, which is not allowed"),
                            ("no_connection", "No connection"),
                            ("tls", "TLS failed: the certificate is not trusted, or not of this host"),
                            ("timeout", "No answer in time"),
                            ("no_http", "The answer is not HTTP"),
                            ("no_secret", "The secret cannot be read: SECRET_KEY changed"),
                        ],
                        editable=False,
                        max_length=20,
                    ),
                ),
                ("created_at", models.DateTimeField(editable=False)),
                ("done_at", models.DateTimeField(editable=False, null=True)),
                (
                    "webhook",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="reference_tokens.webhook",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "webhook deliveries",
                "indexes": [
                    models.Index(fields=["webhook", "-id"], name="delivery_of_webhook"),
                    models.Index(fields=["webhook", "state", "-id"], name="delivery_by_state"),
                    models.Index(
                        condition=models.Q(("done_at__isnull", False)), fields=["done_at"], name="delivery_by_end"
                    ),
                ],
            },
        ),
    ]
