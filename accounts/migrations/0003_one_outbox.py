from django.db import migrations, models


class Migration(migrations.Migration):
    """The table of mails about accounts becomes the outbox of every app; what waits there stays."""

    dependencies = [
        ("accounts", "0002_head_of_the_audit_log"),
    ]

    operations = [
        migrations.RenameModel(old_name="AccountMail", new_name="OutboxEntry"),
        migrations.AlterModelOptions(name="outboxentry", options={"verbose_name_plural": "outbox entries"}),
        migrations.RemoveIndex("outboxentry", "account_mail_due"),
        migrations.AlterField("outboxentry", "kind", models.CharField(max_length=40)),
        migrations.AlterField("outboxentry", "content", models.TextField(blank=True)),
        migrations.AlterField("outboxentry", "expires_at", models.DateTimeField(null=True)),
        migrations.AddField("outboxentry", "reference", models.BigIntegerField(null=True)),
        # What waits here is about accounts.
        migrations.AddField("outboxentry", "is_urgent", models.BooleanField(default=True), preserve_default=False),
        migrations.AddIndex(
            "outboxentry", models.Index(fields=["-is_urgent", "due_at", "id"], name="outbox_entry_due")
        ),
    ]
