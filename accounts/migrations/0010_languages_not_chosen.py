import accounts.text.validators
from django.db import migrations, models

USERS_AT_ONCE = 1_000


def forget(apps, schema_editor):
    in_portions(apps, "en", "")


def speak_english(apps, schema_editor):
    in_portions(apps, "", "en")


def in_portions(apps, before, after):
    """Replace a language by another, for so many users at a time."""
    users = apps.get_model("accounts", "User").objects
    while portion := list(users.filter(language=before).values_list("pk", flat=True)[:USERS_AT_ONCE]):
        users.filter(pk__in=portion, language=before).update(language=after)


class Migration(migrations.Migration):
    """The release before spoke English alone, so that nobody chose it. In steps; it can be begun again."""

    atomic = False

    dependencies = [("accounts", "0009_languages_without_choices")]

    operations = [
        # The database stays as it is: SQLite would make the table anew for another default.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="user",
                    name="language",
                    field=models.CharField(
                        blank=True,
                        default="",
                        max_length=10,
                        validators=[accounts.text.validators.known_language],
                        verbose_name="language",
                    ),
                ),
            ],
        ),
        migrations.RunPython(forget, speak_english, atomic=False),
    ]
