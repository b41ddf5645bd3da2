from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reference_tokens", "0005_no_table_of_sources")]

    operations = [
        migrations.AddIndex(
            "referencetoken",
            models.Index(
                fields=["application", "expires_at", "holder"],
                name="token_sat_by_expiry",
                condition=models.Q(holder__isnull=True, revoked_at__isnull=True),
            ),
        ),
    ]
