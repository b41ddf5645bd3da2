from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_audit_log_by_filters"),
    ]

    operations = [
        migrations.AddField(
            "outboxentry",
            "queue",
            models.CharField(blank=True, db_default="", default="", editable=False, max_length=40),
        ),
        migrations.RemoveIndex("outboxentry", "outbox_entry_due"),
        migrations.AddIndex(
            "outboxentry", models.Index(fields=["queue", "-is_urgent", "due_at", "id"], name="outbox_entry_due")
        ),
    ]
