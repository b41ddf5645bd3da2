from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reference_tokens", "0004_notices"),
    ]

    operations = [
        migrations.AddField(
            model_name="referencetoken",
            name="resumed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="referencetoken",
            name="unused_warned_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
