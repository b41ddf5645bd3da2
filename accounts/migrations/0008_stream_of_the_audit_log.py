from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_queues_of_the_outbox"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditStream",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("sent_through", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="audit_stream_is_one_row"),
                ],
            },
        ),
    ]
