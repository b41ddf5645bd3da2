from django.db import migrations, models


class Migration(migrations.Migration):
    """The uses stand in rows of their own now; a token's row says only whether it was ever used.

    PostgreSQL lets nobody read the tokens until this is committed: what takes long comes in the next one.
    """

    dependencies = [("reference_tokens", "0010_uses_carried_over")]

    operations = [
        migrations.RemoveIndex("referencetoken", "token_by_use"),
        migrations.RemoveIndex("referencetoken", "token_of_app_by_use"),
        # These two change nothing in the database.
        migrations.AlterField(
            "referencetoken",
            "last_used_at",
            models.DateTimeField(db_column="last_used_at", editable=False, null=True),
        ),
        migrations.RenameField("referencetoken", "last_used_at", "first_used_at"),
        migrations.RemoveField("referencetoken", "last_used_address"),
        migrations.RemoveField("referencetoken", "counted_on"),
        migrations.RemoveField("referencetoken", "accepted_on_day"),
        migrations.RemoveField("referencetoken", "refused_on_day"),
        migrations.RemoveField("referencetoken", "recent_sources"),
        migrations.RemoveField("referencetoken", "last_used_server"),
    ]
