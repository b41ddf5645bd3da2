from django.db import migrations, models


class Migration(migrations.Migration):
    """How far this database has come in the fence, and the lines that wait for it."""

    dependencies = [("reference_tokens", "0024_management_api")]

    operations = [
        migrations.CreateModel(
            name="FenceLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="FencePosition",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("place", models.BigIntegerField()),
                ("mark", models.CharField(max_length=64)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="fence_position_is_one_row")
                ],
            },
        ),
    ]
