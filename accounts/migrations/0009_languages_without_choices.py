import accounts.text.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_stream_of_the_audit_log"),
    ]

    operations = [
        # The database stays as it is: which languages there are is the code's, and no migration's any more.
        migrations.AlterField(
            model_name="user",
            name="language",
            field=models.CharField(
                default="en",
                max_length=10,
                validators=[accounts.text.validators.known_language],
                verbose_name="language",
            ),
        ),
    ]
