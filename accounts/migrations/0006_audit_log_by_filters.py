"""Indices by which the page of the audit log finds its entries. They are added beside the table, which stays as it is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_triggers_of_the_audit_log")]

    operations = [
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["action", "-seq"], name="audit_event_action"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["source", "-seq"], name="audit_event_source"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["address", "-seq"], name="audit_event_address"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["at"], name="audit_event_at"),
        ),
    ]
