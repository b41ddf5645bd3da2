from django.db import migrations, models
from django.db.models import F

KIND = "token_notice"


def into_the_outbox(apps, schema_editor):
    Notice, Entry = apps.get_model("reference_tokens", "Notice"), apps.get_model("accounts", "OutboxEntry")
    Entry.objects.bulk_create(
        [
            Entry(
                kind=KIND,
                reference=notice.pk,
                is_urgent=False,
                created_at=notice.created_at,
                due_at=notice.due_at,
                attempts=notice.attempts,
            )
            for notice in Notice.objects.filter(done_at=None).order_by("pk").iterator()
        ],
        batch_size=1000,
    )


def out_of_the_outbox(apps, schema_editor):
    Notice, Entry = apps.get_model("reference_tokens", "Notice"), apps.get_model("accounts", "OutboxEntry")
    entries = Entry.objects.filter(kind=KIND)
    # Each row once: PostgreSQL refuses to change a table of which a row was changed twice in the same transaction.
    for entry in entries.iterator():
        Notice.objects.filter(pk=entry.reference).update(due_at=entry.due_at, attempts=entry.attempts)
    Notice.objects.filter(due_at=None).update(due_at=F("created_at"))
    entries.delete()


class Migration(migrations.Migration):
    """When a mail about tokens is due, and how often it was tried, stands in the outbox; what waits is carried over."""

    dependencies = [
        ("reference_tokens", "0001_tables"),
        ("accounts", "0003_one_outbox"),
    ]

    operations = [
        migrations.RemoveIndex("notice", "notice_due"),
        # Nullable on the way: the way back fills it before it is required again.
        migrations.AlterField("notice", "due_at", models.DateTimeField(null=True)),
        migrations.RunPython(into_the_outbox, out_of_the_outbox),
        migrations.RemoveField("notice", "due_at"),
        migrations.RemoveField("notice", "attempts"),
    ]
