from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reference_tokens", "0008_suspended_in_order"),
    ]

    operations = [
        migrations.AddField(
            model_name="referencetoken",
            name="revocation_code",
            field=models.CharField(blank=True, db_default="", default="", max_length=30),
        ),
        migrations.AddField(
            model_name="referencetoken",
            name="suspension_code",
            field=models.CharField(blank=True, db_default="", default="", max_length=30),
        ),
    ]
