from django.db import migrations, models


class Migration(migrations.Migration):
    """An index with few rows: of the tokens that were resumed as somebody chose them."""

    dependencies = [("reference_tokens", "0021_reports_of_github")]

    operations = [
        migrations.AddIndex(
            "referencetoken",
            models.Index(
                fields=["resumption_id"], name="token_of_resumption", condition=models.Q(resumption_id__isnull=False)
            ),
        ),
    ]
