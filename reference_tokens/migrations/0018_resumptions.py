from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reference_tokens", "0017_texts_found_by_hint"),
    ]

    operations = [
        migrations.AddField(
            model_name="referencetoken",
            name="resumption_id",
            field=models.UUIDField(null=True),
        ),
    ]
