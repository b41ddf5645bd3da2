from django.db import migrations, models


class Migration(migrations.Migration):
    """A name more for who reported, and an index to the tokens of a report, of which there are few."""

    dependencies = [("reference_tokens", "0020_webhooks")]

    operations = [
        migrations.AlterField(
            "leakreport",
            "origin",
            models.CharField(
                choices=[("anybody", "Somebody who found it"), ("github", "GitHub secret scanning")], max_length=10
            ),
        ),
        migrations.AddIndex(
            "referencetoken",
            models.Index(
                fields=["leak_report"], name="token_of_leak_report", condition=models.Q(leak_report__isnull=False)
            ),
        ),
    ]
