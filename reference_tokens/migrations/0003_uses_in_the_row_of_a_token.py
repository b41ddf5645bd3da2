from django.db import migrations, models


class Migration(migrations.Migration):
    """The row of a token has the counts of its last day and its last five sources: one row to write, not three."""

    dependencies = [("reference_tokens", "0002_notices_in_the_outbox")]

    operations = [
        migrations.AddField("referencetoken", "counted_on", models.DateField(editable=False, null=True)),
        migrations.AddField(
            "referencetoken", "accepted_on_day", models.PositiveBigIntegerField(editable=False, null=True)
        ),
        migrations.AddField(
            "referencetoken", "refused_on_day", models.PositiveBigIntegerField(editable=False, null=True)
        ),
        migrations.AddField("referencetoken", "recent_sources", models.TextField(editable=False, null=True)),
    ]
