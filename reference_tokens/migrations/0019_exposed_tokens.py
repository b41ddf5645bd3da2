import uuid

import django.db.models.deletion
from django.db import migrations, models

import accounts.text.validators

EXPOSED = models.Q(exposed_at__isnull=False)


class Migration(migrations.Migration):
    """Two columns without a value, and two indexes without a row: no token is written."""

    dependencies = [("reference_tokens", "0018_resumptions")]

    operations = [
        migrations.CreateModel(
            name="LeakReport",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("origin", models.CharField(choices=[("anybody", "Somebody who found it")], max_length=10)),
                (
                    "place",
                    models.CharField(blank=True, max_length=500, validators=[accounts.text.validators.plain_text]),
                ),
                ("received_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField("referencetoken", "exposed_at", models.DateTimeField(null=True, verbose_name="exposed")),
        migrations.AddField(
            "referencetoken",
            "leak_report",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tokens",
                to="reference_tokens.leakreport",
            ),
        ),
        migrations.AlterField(
            "notice",
            "kind",
            models.CharField(
                choices=[
                    ("expiry", "Expires soon"),
                    ("revocation", "Revoked"),
                    ("suspension", "Suspended"),
                    ("rotation", "Rotated itself"),
                    ("unused", "Unused"),
                    ("leak", "Exposed"),
                    ("leak_admin", "Exposed, to an administrator"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            "referencetoken",
            models.Index(fields=["issued_at", "id"], name="token_by_exposed", condition=EXPOSED),
        ),
        migrations.AddIndex(
            "referencetoken",
            models.Index(fields=["application", "issued_at", "id"], name="token_of_app_by_exposed", condition=EXPOSED),
        ),
    ]
