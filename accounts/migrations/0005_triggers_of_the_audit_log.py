from django.db import migrations, models

from accounts.database.audit_triggers import lay_triggers, remove_triggers


class Migration(migrations.Migration):
    """From now on the database itself refuses to change the audit log; marks say how far it is signed and pruned."""

    dependencies = [
        ("accounts", "0004_administrators_found"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditMark",
            fields=[
                ("name", models.CharField(max_length=10, primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField()),
                ("hash", models.BinaryField(max_length=32)),
                ("at", models.DateTimeField()),
                ("signature", models.BinaryField(max_length=32)),
            ],
        ),
        migrations.RunPython(lay_triggers, remove_triggers),
    ]
