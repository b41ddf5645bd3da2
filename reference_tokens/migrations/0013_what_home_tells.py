from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reference_tokens", "0012_lists_by_last_use"),
    ]

    operations = [
        migrations.AddField(
            model_name="lease",
            name="failed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="answercount",
            index=models.Index(fields=["day"], name="answer_count_by_day"),
        ),
    ]
